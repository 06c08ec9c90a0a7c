import { validateBackboneConfig, type BackboneConfig } from "../../src/sdk/backbone/index.js";
import { version as limpidVersion } from "../../src/sdk/base/index.js";
import { Expert, factorShapes, listExpertTargets, type RouterRow } from "../../src/sdk/experts/index.js";
import { makeIntegrity, writeExpertFile } from "../../src/sdk/packs/index.js";
import { HostTensor, sha256Hex } from "../../src/sdk/weights/index.js";

/** What a test can choose of a pack. */
export interface TinyPackOptions {
  /** Version of the pack; `1.0.0` if left out. It seeds the expert's weights. */
  readonly version?: string;
  /** The npm package's name; `@acme/limpid-descreen`, and so the id `acme.limpid-descreen`, if left out. */
  readonly name?: string;
  /** The expert's id; `acme.descreen` if left out. */
  readonly expert?: string;
  /** What the expert repairs; `halftone` if left out. */
  readonly degradation?: string;
  /** Lets the router see the degradation. */
  readonly routerRow?: Omit<RouterRow, "degradation">;
  /** The weight that the expert acts at; 1 if left out. */
  readonly strength?: number;
  /** Versions of Limpid; this one if left out. */
  readonly engine?: string;
  /** Bytes of a file that is there to be long; none if left out. */
  readonly ballast?: number;
  /** Changes the manifest before it is written. */
  readonly edit?: (manifest: Record<string, unknown>) => void;
}

/** The base of a model's files, as its manifest says. */
export function baseOf(model: ReadonlyMap<string, Uint8Array>): {
  readonly id: string;
  readonly version: string;
  readonly sha256: string;
  readonly config: BackboneConfig;
} {
  const { id, version, backbone } = JSON.parse(new TextDecoder().decode(model.get("model.json"))) as {
    id: string;
    version: string;
    backbone: { tensorSha256: string; config: unknown };
  };
  return { id, version, sha256: backbone.tensorSha256, config: validateBackboneConfig(backbone.config) };
}

/**
 * The files of a complete expert pack with random weights for a tiny model.
 *
 * @param model - the model's files
 * @param options - version, names, degradation
 * @returns bytes by path, `package.json` and `integrity.json` among them
 */
export function makeTinyPack(
  model: ReadonlyMap<string, Uint8Array>,
  options: TinyPackOptions = {},
): Map<string, Uint8Array> {
  const { version = "1.0.0", name = "@acme/limpid-descreen", expert: expertId = "acme.descreen" } = options;
  const { degradation = "halftone", routerRow, strength = 1, engine, ballast = 0, edit } = options;
  const base = baseOf(model);
  const expert = makeExpert(model, expertId, { degradations: [degradation], seed: version });
  const bytes = writeExpertFile({
    expert,
    strength,
    ...(routerRow && { routerRow: { ...routerRow, degradation } }),
  });
  const file = `experts/${degradation}.safetensors`;
  const manifest: Record<string, unknown> = {
    name,
    version,
    publisher: "acme",
    license: "Apache-2.0",
    engines: { limpid: engine ?? `^${limpidVersion}` },
    contributes: {
      degradations: [{ id: degradation, title: degradation, description: "A fault that a test made up." }],
      experts: [
        {
          id: expertId,
          title: `Remove ${degradation}`,
          file,
          size: bytes.byteLength,
          sha256: sha256Hex(bytes),
          degradations: [degradation],
          base: { id: base.id, sha256: base.sha256 },
          strength,
          golden: { before: "golden/before.png", after: "golden/after.png", psnr: 20 },
        },
      ],
    },
  };
  edit?.(manifest);
  const files = new Map<string, Uint8Array>([
    ["package.json", encode(manifest)],
    [file, bytes],
    ["golden/before.png", Uint8Array.of(1, 2, 3)],
    ["golden/after.png", encode(["a picture of", version])],
  ]);
  if (ballast > 0)
    files.set(
      "ballast.bin",
      Uint8Array.from({ length: ballast }, (_, i) => (i * 31) & 255),
    );
  return withIntegrity(files, `acme.${name.slice(name.lastIndexOf("/") + 1)}`, version);
}

/** A pack's files with a list that fits them. */
export function withIntegrity(
  files: ReadonlyMap<string, Uint8Array>,
  id: string,
  version: string,
): Map<string, Uint8Array> {
  return new Map([...files, ["integrity.json", makeIntegrity(id, version, files)]]);
}

/**
 * An expert with random weights for a tiny model.
 *
 * @param model - the model's files
 * @param id - its id
 * @param options - what it repairs, and what seeds its weights
 */
export function makeExpert(
  model: ReadonlyMap<string, Uint8Array>,
  id: string,
  options: { readonly degradations?: readonly string[]; readonly seed?: string; readonly rank?: number } = {},
): Expert {
  const { degradations = ["halftone"], seed = "1.0.0", rank = 2 } = options;
  const { id: baseId, sha256, config } = baseOf(model);
  let state = Number.parseInt(sha256Hex(encode([id, seed])).slice(0, 8), 16);
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const tensor = (shape: readonly number[]): HostTensor =>
    HostTensor.fromFloat32(
      shape,
      Float32Array.from({ length: shape.reduce((product, side) => product * side, 1) }, random),
      "F16",
    );
  return new Expert({
    id,
    base: { id: baseId, sha256 },
    rank,
    alpha: 2 * rank,
    degradations,
    factors: listExpertTargets(config).map((target) => {
      const shapes = factorShapes(target, rank);
      return { target, a: tensor(shapes.a), b: tensor(shapes.b) };
    }),
  });
}

function encode(json: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(json));
}
