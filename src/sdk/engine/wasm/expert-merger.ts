import {
  ResidentExperts,
  type Expert,
  type FactorStoreOptions,
  type MixtureEntry,
} from "../../experts/index.js";
import { foldFactors } from "../folded-convolution.js";
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
export class ExpertMerger extends ResidentExperts<FoldedExpert> {
  readonly #layout: WeightLayout;
  readonly #base: Float32Array;
  readonly #read: ReadParameter;
  readonly #memory: KernelMemory;
  readonly #weights: number;

  /** @param base - the packed weights; not changed */
  constructor(
    module: WebAssembly.Module,
    layout: WeightLayout,
    base: Float32Array,
    read: ReadParameter,
    resident: FactorStoreOptions,
  ) {
    super(resident);
    this.#layout = layout;
    this.#base = base;
    this.#read = read;
    this.#memory = new KernelMemory(module);
    this.#weights = this.#memory.take(base.length);
  }

  /** Bytes that the factors take, and the memory in which they are merged. */
  override get byteSize(): number {
    return super.byteSize + this.#memory.byteSize;
  }

  /**
   * Merges a mixture.
   *
   * @param mixture - experts that fit the base, and their weights
   */
  merge(mixture: readonly MixtureEntry[]): Float32Array {
    const experts = mixture.map(({ expert, weight }) => ({ folded: this.hold(expert), weight }));
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
    this.trim();
    return floats.slice(start, start + this.#base.length);
  }

  protected make(expert: Expert): FoldedExpert {
    const parts = [...this.#layout.parts.values()].filter(({ kind }) => kind === "pointwise");
    const folded = parts.flatMap((part) => {
      const factors = foldFactors(expert, part, this.#read);
      return factors === undefined ? [] : [{ part, ...factors }];
    });
    const sizes = folded.map(({ part, rank }) => rank * (part.depth + 1 + paddedOutputs(part.outputs)));
    const values = new Float32Array(sizes.reduce((sum, size) => sum + size, 0));
    let end = 0;
    const targets = folded.map(({ part, rank, a, bias, b }) => {
      const { depth, outputs } = part;
      const startA = end;
      const startB = end + rank * (depth + 1);
      end = startB + rank * paddedOutputs(outputs);
      for (let r = 0; r < rank; r++) {
        values[startA + r * (depth + 1)] = bias[r]!;
        values.set(a.subarray(r * depth, (r + 1) * depth), startA + r * (depth + 1) + 1);
        const row = startB + r * paddedOutputs(outputs);
        for (let output = 0; output < outputs; output++) {
          values[row + placeOf(part, output)] = b[r * outputs + output]!;
        }
      }
      return { part, rank, a: startA, b: startB };
    });
    return { values, targets };
  }

  protected sizeOf({ values }: FoldedExpert): number {
    return values.byteLength;
  }

  protected free(): void {
    // Host memory: nobody refers to it any more.
  }
}
