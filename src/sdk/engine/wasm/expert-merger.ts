import type { Expert, FactorStoreOptions, MixtureEntry } from "../../experts/index.js";
import { floatBytes, KernelMemory } from "./kernel-memory.js";
import type { ReadParameter } from "../host-modulation.js";
import { paddedOutputs, placeOf, type WeightLayout, type WeightPart } from "./weight-layout.js";

/** An expert's factors, folded and in the order of the packed weights. */
interface FoldedExpert {
  /** Of every convolution A, [rank, 1 + in], its first column being the change of the bias; and B, [rank, out]. */
  readonly values: Float32Array;
  readonly targets: readonly { part: WeightPart; rank: number; a: number; b: number }[];
}

/**
 * Merges experts into a base's packed weights. It has an instance of the kernels of its own, so that it disturbs no run, and
 * keeps the folded factors of every expert that it merged, within the budget.
 */
export class ExpertMerger {
  readonly #layout: WeightLayout;
  readonly #base: Float32Array;
  readonly #read: ReadParameter;
  readonly #resident: FactorStoreOptions;
  readonly #memory: KernelMemory;
  readonly #weights: number;
  /** The least recently used first. */
  readonly #experts = new Map<Expert, FoldedExpert>();

  /**
   * @param module - the compiled kernels
   * @param layout - of the weights
   * @param base - the packed weights; not changed
   * @param read - the base's parameters
   * @param resident - how much the factors may take
   */
  constructor(
    module: WebAssembly.Module,
    layout: WeightLayout,
    base: Float32Array,
    read: ReadParameter,
    resident: FactorStoreOptions,
  ) {
    this.#layout = layout;
    this.#base = base;
    this.#read = read;
    this.#resident = resident;
    this.#memory = new KernelMemory(module);
    this.#weights = this.#memory.take(base.length);
  }

  /** Bytes that the factors take, and the memory in which they are merged. */
  get byteSize(): number {
    return this.#factorBytes + this.#memory.byteSize;
  }

  get #factorBytes(): number {
    let size = 0;
    for (const { values } of this.#experts.values()) size += values.byteLength;
    return size;
  }

  /**
   * Merges a mixture.
   *
   * @param mixture - experts that fit the base, and their weights
   * @returns new packed weights
   */
  merge(mixture: readonly MixtureEntry[]): Float32Array {
    const experts = mixture.map(({ expert, weight }) => ({ folded: this.#fold(expert), weight }));
    const { end: factors, kernels } = this.#memory;
    const longest = Math.max(0, ...experts.map(({ folded }) => folded.values.byteLength));
    this.#memory.grow(factors + longest);
    const { floats } = this.#memory;
    const start = this.#weights / floatBytes;
    floats.set(this.#base, start);
    for (const { folded, weight } of experts) {
      floats.set(folded.values, factors / floatBytes);
      for (const { part, rank, a, b } of folded.targets) {
        kernels.mergeExpert(
          this.#weights + part.offset * floatBytes,
          part.depth + 1,
          paddedOutputs(part.outputs),
          factors + a * floatBytes,
          factors + b * floatBytes,
          rank,
          weight,
        );
      }
    }
    this.#trim(() => true);
    return floats.slice(start, start + this.#base.length);
  }

  /**
   * Lets go of the experts that are not needed, and of the others the least recently used until the budget is kept. Pinned
   * ones stay, unless they are not needed.
   *
   * @param isNeeded - whether an expert may be wanted again
   */
  release(isNeeded: (expert: Expert) => boolean): void {
    this.#trim(isNeeded);
  }

  #trim(isNeeded: (expert: Expert) => boolean): void {
    const { byteBudget = Infinity, isPinned = () => false } = this.#resident;
    for (const expert of [...this.#experts.keys()]) if (!isNeeded(expert)) this.#experts.delete(expert);
    for (const expert of [...this.#experts.keys()]) {
      if (this.#factorBytes <= byteBudget) return;
      if (!isPinned(expert)) this.#experts.delete(expert);
    }
  }

  #fold(expert: Expert): FoldedExpert {
    const folded = this.#experts.get(expert) ?? foldExpert(expert, this.#layout, this.#read);
    // The one that was used last is the last one.
    this.#experts.delete(expert);
    this.#experts.set(expert, folded);
    return folded;
  }
}

/** Folds an expert as the weights that it changes are folded, so that they change by the product of the folded factors. */
function foldExpert(expert: Expert, layout: WeightLayout, read: ReadParameter): FoldedExpert {
  const parts = [...layout.parts.values()].filter(
    ({ kind, path }) => kind === "pointwise" && expert.factors.has(path),
  );
  const sizes = parts.map(({ path, depth, outputs }) => {
    const { rank = expert.rank } = expert.factors.get(path)!;
    return rank * (depth + 1 + paddedOutputs(outputs));
  });
  const values = new Float32Array(sizes.reduce((sum, size) => sum + size, 0));
  let end = 0;
  const targets = parts.map((part) => {
    const { path, depth, outputs, norm, scale } = part;
    const factors = expert.factors.get(path)!;
    const { rank = expert.rank } = factors;
    const strength = expert.scaleOf(factors);
    const [a, b] = [factors.a.toFloat32(), factors.b.toFloat32()];
    const gain = norm === undefined ? undefined : read(`${norm}.weight`);
    const offset = norm === undefined ? undefined : read(`${norm}.bias`);
    const factor = scale === undefined ? undefined : read(scale);
    const startA = end;
    const startB = end + rank * (depth + 1);
    end = startB + rank * paddedOutputs(outputs);
    for (let r = 0; r < rank; r++) {
      const row = startA + r * (depth + 1);
      let bias = 0;
      for (let input = 0; input < depth; input++) {
        const value = a[r * depth + input]!;
        values[row + 1 + input] = value * (gain?.[input] ?? 1);
        bias += value * (offset?.[input] ?? 0);
      }
      values[row] = bias;
      for (let output = 0; output < outputs; output++) {
        values[startB + r * paddedOutputs(outputs) + placeOf(part, output)] =
          b[output * rank + r]! * strength * (factor?.[output] ?? 1);
      }
    }
    return { part, rank, a: startA, b: startB };
  });
  return { values, targets };
}
