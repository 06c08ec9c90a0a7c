import { isSameShape, type BackboneConfig } from "../backbone/index.js";
import { LimpidError } from "../base/index.js";
import type { HostTensor, TensorFile } from "../weights/index.js";
import { factorShapes, listExpertTargets, type ExpertTarget } from "./targets.js";

/** The low-rank change of one convolution: its kernel changes by `B A * alpha / rank`, reshaped. */
export interface ExpertFactors {
  /** The convolution. */
  readonly target: ExpertTarget;
  /** A, [rank * k, in * k]. */
  readonly a: HostTensor;
  /** B, [out / groups * k, rank * k], rows in PyTorch's order of output channels. */
  readonly b: HostTensor;
}

/** Which base an expert was trained on. */
export interface ExpertBase {
  /** The model's id, such as `limpid.compact`. */
  readonly id: string;
  /** SHA-256 of the base's tensors, in hexadecimal: {@link BackboneWeights.sha256}. */
  readonly sha256: string;
}

/** What an {@link Expert} is made from. */
export interface ExpertInit {
  /** Its id, such as `limpid.derain`. */
  readonly id: string;
  /** The base that it was trained on; undefined only if it comes from the same file as its base. */
  readonly base?: ExpertBase;
  /** Inner dimension r of the factors; a positive integer. */
  readonly rank: number;
  /** Scale numerator; deltas are multiplied by alpha / rank. Finite. */
  readonly alpha: number;
  /** Degradations that it repairs, such as `["rain"]`. */
  readonly degradations: readonly string[];
  /** Its factors; a target at most once. */
  readonly factors: readonly ExpertFactors[];
}

/**
 * Low-rank changes of some of a backbone's convolutions, in host memory. Immutable; nothing to dispose. It may name
 * fewer convolutions than it could, never others.
 */
export class Expert {
  /** Its id, such as `limpid.derain`. */
  readonly id: string;
  /** The base that it was trained on; undefined if it comes from the same file as its base. */
  readonly base: ExpertBase | undefined;
  /** Inner dimension r of the factors. */
  readonly rank: number;
  /** Scale numerator; deltas are multiplied by alpha / rank. */
  readonly alpha: number;
  /** Degradations that it repairs, such as `["rain"]`. */
  readonly degradations: readonly string[];
  /** Its factors, by the target's module path. */
  readonly factors: ReadonlyMap<string, ExpertFactors>;

  /**
   * @param init - factors that fit their targets; {@link Expert.fromTensorFile} checks those of a file
   */
  constructor(init: ExpertInit) {
    this.id = init.id;
    this.base = init.base;
    this.rank = init.rank;
    this.alpha = init.alpha;
    this.degradations = Object.freeze([...init.degradations]);
    this.factors = new Map(init.factors.map((factors) => [factors.target.path, factors]));
  }

  /**
   * Reads an expert file: `<target>.lora_A` and `<target>.lora_B` for each target, metadata under `limpid.*`.
   *
   * @param file - the parsed safetensors file; its bytes are kept, not copied
   * @param config - the backbone that the expert is for
   * @returns the expert; whether its base is the right one is for {@link Expert.requireBase} to say
   * @throws {@link LimpidError} `ExpertMismatch` if metadata is missing or malformed, if a tensor names no target or has
   * no partner, or if a shape does not fit; `details.faults` lists every fault, `details.unmatched` every name
   */
  static fromTensorFile(file: TensorFile, config: BackboneConfig): Expert {
    const metadata = new ExpertMetadata(file.metadata);
    const { rank, faults } = metadata;
    const { factors, unmatched } = matchFactors(file, config, rank, faults);
    if (faults.length > 0) throw mismatch(metadata.id, faults, unmatched);
    const { id, base, alpha, degradations } = metadata;
    return new Expert({ id, base, rank, alpha, degradations, factors });
  }

  /** Bytes of host memory that the factors take. */
  get byteSize(): number {
    let size = 0;
    for (const { a, b } of this.factors.values()) size += a.bytes.byteLength + b.bytes.byteLength;
    return size;
  }

  /**
   * Refuses a base that the expert was not trained on.
   *
   * @param sha256 - the identity of the base's tensors
   * @throws {@link LimpidError} `ExpertMismatch` with both hashes in `details`
   */
  requireBase(sha256: string): void {
    if (this.base === undefined || this.base.sha256 === sha256) return;
    throw new LimpidError(
      "ExpertMismatch",
      `expert ${this.id} was made for base ${this.base.id} (${this.base.sha256}), not for this one (${sha256})`,
      { details: { expert: this.id, expected: this.base.sha256, actual: sha256 } },
    );
  }

  /**
   * Refuses a network whose layers are not those that the expert changes; of use where the base is not known.
   *
   * @param config - the network
   * @throws {@link LimpidError} `ExpertMismatch`; `details.unmatched` has every layer that the network does not have in the
   * expert's shape
   */
  requireTargets(config: BackboneConfig): void {
    const targets = new Map(listExpertTargets(config).map((target) => [target.path, target]));
    const faults = [...this.factors].flatMap(([path, { target }]) => {
      const shape = targets.get(path)?.shape;
      return shape !== undefined && isSameShape(shape, target.shape) ? [] : [path];
    });
    if (faults.length === 0) return;
    throw new LimpidError(
      "ExpertMismatch",
      `expert ${this.id} changes layers that this network does not have in that shape: ${faults.join(", ")}`,
      { details: { expert: this.id, faults, unmatched: faults } },
    );
  }
}

function matchFactors(
  file: TensorFile,
  config: BackboneConfig,
  rank: number,
  faults: string[],
): { factors: ExpertFactors[]; unmatched: string[] } {
  const targets = listExpertTargets(config);
  const matched = new Set<string>();
  const factors: ExpertFactors[] = [];
  for (const target of targets) {
    const [nameA, nameB] = [`${target.path}.lora_A`, `${target.path}.lora_B`];
    const [a, b] = [file.tensors.get(nameA), file.tensors.get(nameB)];
    if (a === undefined && b === undefined) continue;
    matched.add(nameA).add(nameB);
    if (a === undefined || b === undefined) {
      faults.push(`${a === undefined ? nameA : nameB} is missing, though its partner is there`);
      continue;
    }
    const shapes = factorShapes(target, rank);
    noteMisshapen(nameA, a, shapes.a, faults);
    noteMisshapen(nameB, b, shapes.b, faults);
    factors.push({ target, a, b });
  }
  const unmatched = [...file.tensors.keys()].filter((name) => !matched.has(name));
  faults.push(...unmatched.map((name) => `${name} is no layer that experts of this base may change`));
  if (factors.length === 0 && unmatched.length === 0) faults.push("the file holds no factors");
  return { factors, unmatched };
}

function noteMisshapen(name: string, tensor: HostTensor, shape: readonly number[], faults: string[]): void {
  if (isSameShape(tensor.shape, shape)) return;
  faults.push(`${name} has shape [${tensor.shape.join(", ")}], expected [${shape.join(", ")}]`);
}

/** How many faults a message spells out; `details` has all of them. */
const spelledOut = 6;

function mismatch(id: string, faults: readonly string[], unmatched: readonly string[]): LimpidError {
  const more = faults.length > spelledOut ? `; and ${faults.length - spelledOut} more` : "";
  return new LimpidError(
    "ExpertMismatch",
    `expert ${id || "without an id"} does not fit: ${faults.slice(0, spelledOut).join("; ")}${more}`,
    { details: { expert: id, faults, unmatched } },
  );
}

/** The `limpid.*` notes of an expert file; what is wrong with them is noted, not thrown. */
class ExpertMetadata {
  readonly faults: string[] = [];
  readonly id: string;
  readonly base: ExpertBase;
  readonly rank: number;
  readonly alpha: number;
  readonly degradations: readonly string[];
  readonly #metadata: Readonly<Record<string, string>>;

  constructor(metadata: Readonly<Record<string, string>>) {
    this.#metadata = metadata;
    const format = this.#text("format");
    if (format !== "" && format !== "1") this.faults.push(`limpid.format is ${format}, this version reads 1`);
    this.id = this.#text("expert");
    this.base = { id: this.#text("base.id"), sha256: this.#text("base.sha256").toLowerCase() };
    this.rank = this.#number("rank", (value) => Number.isSafeInteger(value) && value >= 1, 1);
    this.alpha = this.#number("alpha", Number.isFinite, 1);
    this.degradations = this.#list("degradations");
  }

  #text(name: string): string {
    const value = this.#metadata[`limpid.${name}`] ?? "";
    if (value === "") this.faults.push(`limpid.${name} is missing from the metadata`);
    return value;
  }

  #number(name: string, isValid: (value: number) => boolean, fallback: number): number {
    const text = this.#text(name);
    const value = Number(text);
    if (text !== "" && isValid(value)) return value;
    if (text !== "") this.faults.push(`limpid.${name} is ${text}`);
    return fallback;
  }

  #list(name: string): readonly string[] {
    const text = this.#text(name);
    if (text === "") return [];
    try {
      const value: unknown = JSON.parse(text);
      if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
    } catch {
      // Not JSON: noted below.
    }
    this.faults.push(`limpid.${name} is ${text}, expected a JSON list of strings`);
    return [];
  }
}
