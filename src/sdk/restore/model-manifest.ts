import { validateBackboneConfig, type BackboneConfig } from "../backbone/index.js";
import { LimpidError } from "../base/index.js";
import { validateCompactRouterConfig, type CompactRouterConfig } from "../router/index.js";

/** A file of a model and what it must be. */
export interface ModelFile {
  /** Path relative to the model. */
  readonly file: string;
  /** Length in bytes. */
  readonly size: number;
  /** SHA-256 of the file, in hexadecimal. */
  readonly sha256: string;
}

/** An expert that ships with a model. */
export interface ModelExpert extends ModelFile {
  /** Its id, such as `limpid.derain`. */
  readonly id: string;
  /** The degradations that it repairs. */
  readonly degradations: readonly string[];
  /** The weight at which it acts unless a run says otherwise, 0 to 2. */
  readonly strength: number;
}

/** What `model.json` says: configs, files, hashes. */
export interface ModelManifest {
  /** The model's id, such as `limpid.compact`. */
  readonly id: string;
  /** Its version, semantic. */
  readonly version: string;
  /** SPDX id of the weights' licence. */
  readonly license: string;
  readonly backbone: ModelFile & {
    /** SHA-256 over the tensors' bytes alone: what experts are bound to. */
    readonly tensorSha256: string;
    readonly config: BackboneConfig;
  };
  readonly router: ModelFile & {
    readonly config: CompactRouterConfig;
    /** Names of its outputs. */
    readonly degradations: readonly string[];
    /** Probability from which a degradation counts as present. */
    readonly threshold: number;
    /** Thresholds of degradations that have one of their own. */
    readonly thresholds: Readonly<Record<string, number>>;
    /** Probability that a degradation beside a more probable one must reach, too. 0.6 if a model leaves it out. */
    readonly secondThreshold: number;
  };
  readonly experts: readonly ModelExpert[];
}

/** The `formatVersion` of `model.json` that this code reads. */
const formatVersion = 1;

/**
 * Reads a `model.json`. By hand, as the configs in it are checked: a library for schemas makes every page 3 kB larger.
 *
 * @throws {@link LimpidError} `InvalidConfig` that names the field at fault
 */
export function parseModelManifest(bytes: Uint8Array, name: string): ModelManifest {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new LimpidError("InvalidConfig", `model.json of ${name} is not JSON`, { cause: error });
  }
  const root = object(json, "model.json");
  if (root.formatVersion !== formatVersion) {
    throw invalid("formatVersion", root.formatVersion, String(formatVersion));
  }
  const backbone = object(root.backbone, "backbone");
  const router = object(root.router, "router");
  return {
    id: text(root.id, "id"),
    version: text(root.version, "version"),
    license: text(root.license, "license"),
    backbone: {
      ...modelFile(backbone, "backbone"),
      tensorSha256: hash(backbone.tensorSha256, "backbone.tensorSha256"),
      config: validateBackboneConfig(backbone.config),
    },
    router: {
      ...modelFile(router, "router"),
      config: validateCompactRouterConfig(router.config),
      degradations: texts(router.degradations, "router.degradations"),
      threshold: fraction(router.threshold, "router.threshold"),
      thresholds: fractions(router.thresholds ?? {}, "router.thresholds"),
      secondThreshold: fraction(router.secondThreshold ?? 0.6, "router.secondThreshold"),
    },
    experts: list(root.experts, "experts").map((entry, index) => {
      const where = `experts[${index}]`;
      const expert = object(entry, where);
      return {
        ...modelFile(expert, where),
        id: text(expert.id, `${where}.id`),
        degradations: texts(expert.degradations, `${where}.degradations`),
        strength: strength(expert.strength ?? 1, `${where}.strength`),
      };
    }),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function modelFile(fields: Fields, where: string): ModelFile {
  const file = text(fields.file, `${where}.file`);
  if (file.startsWith("/") || file.includes("\\") || file.split("/").includes("..") || file.includes(":")) {
    throw invalid(`${where}.file`, file, "a path inside the model");
  }
  const { size } = fields;
  if (!Number.isSafeInteger(size) || (size as number) < 0) {
    throw invalid(`${where}.size`, size, "a number of bytes");
  }
  return { file, size: size as number, sha256: hash(fields.sha256, `${where}.sha256`) };
}

function object(value: unknown, where: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw invalid(where, value, "an object");
}

function list(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw invalid(where, value, "a list");
}

function text(value: unknown, where: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw invalid(where, value, "a string");
}

function texts(value: unknown, where: string): readonly string[] {
  return list(value, where).map((item, index) => text(item, `${where}[${index}]`));
}

function hash(value: unknown, where: string): string {
  if (typeof value === "string" && /^[0-9a-f]{64}$/.test(value)) return value;
  throw invalid(where, value, "a SHA-256 in hexadecimal");
}

function fraction(value: unknown, where: string): number {
  if (typeof value === "number" && value > 0 && value < 1) return value;
  throw invalid(where, value, "a number between 0 and 1");
}

function fractions(value: unknown, where: string): Readonly<Record<string, number>> {
  const entries = Object.entries(object(value, where));
  return Object.fromEntries(entries.map(([name, number]) => [name, fraction(number, `${where}.${name}`)]));
}

function strength(value: unknown, where: string): number {
  if (typeof value === "number" && value >= 0 && value <= 2) return value;
  throw invalid(where, value, "a number from 0 to 2");
}

function invalid(where: string, value: unknown, expected: string): LimpidError {
  const found = value === undefined ? "missing" : JSON.stringify(value);
  return new LimpidError("InvalidConfig", `model.json: ${where} is ${found}, expected ${expected}`, {
    details: { path: where },
  });
}
