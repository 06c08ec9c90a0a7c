import { isSameShape, type BackboneConfig } from "../backbone/index.js";
import { LimpidError, listFaults } from "../base/index.js";
import type { HostTensor, TensorFile } from "../weights/index.js";
import { readExpertMetadata, type ExpertMetadata } from "./expert-metadata.js";
import { factorShapes, listExpertTargets, type ExpertTarget } from "./targets.js";

/** The low-rank change of one convolution: its kernel changes by `B A` times {@link Expert.scaleOf}, reshaped. */
export interface ExpertFactors {
  readonly target: ExpertTarget;
  /** A, [rank * k, in * k]. */
  readonly a: HostTensor;
  /** B, [out / groups * k, rank * k], rows in PyTorch's order of output channels. */
  readonly b: HostTensor;
  /** Inner dimension of these factors, if it is not the expert's. */
  readonly rank?: number;
  /** Scale numerator of these factors, if it is not the expert's. Finite. */
  readonly alpha?: number;
}

/** Which base an expert was trained on. */
export interface ExpertBase {
  /** The model's id, such as `limpid.compact`. */
  readonly id: string;
  /** SHA-256 of the base's tensors, in hexadecimal: `sha256` of `BackboneWeights`. */
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
    const { metadata, faults } = readExpertMetadata(file.metadata);
    const { factors, unmatched } = matchFactors(file, config, metadata, faults);
    if (faults.length > 0) throw mismatch(metadata.id, faults, unmatched);
    const { id, base, rank, alpha, degradations } = metadata;
    return new Expert({ id, base, rank, alpha, degradations, factors });
  }

  /**
   * What the product of two factors is multiplied by: alpha / rank, by their own if they differ from the expert's.
   *
   * @param factors - of this expert
   */
  scaleOf({ rank = this.rank, alpha = this.alpha }: ExpertFactors): number {
    return alpha / rank;
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
  metadata: ExpertMetadata,
  faults: string[],
): { factors: ExpertFactors[]; unmatched: string[] } {
  const { rank, rankPattern, alphaPattern } = metadata;
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
    const [ownRank, ownAlpha] = [rankPattern.get(target.path), alphaPattern.get(target.path)];
    const shapes = factorShapes(target, ownRank ?? rank);
    noteMisshapen(nameA, a, shapes.a, faults);
    noteMisshapen(nameB, b, shapes.b, faults);
    factors.push({
      target,
      a,
      b,
      ...(ownRank === undefined ? {} : { rank: ownRank }),
      ...(ownAlpha === undefined ? {} : { alpha: ownAlpha }),
    });
  }
  noteAnnouncements(metadata, factors, faults);
  const unmatched = [...file.tensors.keys()].filter((name) => !matched.has(name));
  faults.push(...unmatched.map((name) => `${name} is no layer that experts of this base may change`));
  if (factors.length === 0 && unmatched.length === 0) faults.push("the file holds no factors");
  return { factors, unmatched };
}

/** What the metadata says of single targets must be about those that the file has. */
function noteAnnouncements(
  { rankPattern, alphaPattern, targets }: ExpertMetadata,
  factors: readonly ExpertFactors[],
  faults: string[],
): void {
  const found = new Set(factors.map(({ target }) => target.path));
  const noteStrangers = (note: string, paths: Iterable<string>): void => {
    for (const path of paths) {
      if (!found.has(path)) faults.push(`limpid.${note} names ${path}, of which the file has no factors`);
    }
  };
  noteStrangers("rank.pattern", rankPattern.keys());
  noteStrangers("alpha.pattern", alphaPattern.keys());
  if (targets === undefined) return;
  noteStrangers("targets", targets);
  for (const path of found) {
    if (!targets.includes(path)) faults.push(`${path} is not among limpid.targets`);
  }
}

function noteMisshapen(name: string, tensor: HostTensor, shape: readonly number[], faults: string[]): void {
  if (isSameShape(tensor.shape, shape)) return;
  faults.push(`${name} has shape [${tensor.shape.join(", ")}], expected [${shape.join(", ")}]`);
}

function mismatch(id: string, faults: readonly string[], unmatched: readonly string[]): LimpidError {
  return new LimpidError(
    "ExpertMismatch",
    `expert ${id || "without an id"} does not fit: ${listFaults(faults)}`,
    { details: { expert: id, faults, unmatched } },
  );
}
