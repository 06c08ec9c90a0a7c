import * as tf from "@tensorflow/tfjs-core";
import type { BackboneConfig, BackboneWeights, WeightLookup } from "../backbone/index.js";
import { LimpidError, type Disposable } from "../base/index.js";
import type { Expert } from "./expert.js";
import { FactorStore } from "./factor-store.js";
import { lowRankDelta } from "./low-rank-delta.js";

/** One expert's part in a mixture. */
export interface MixtureEntry {
  readonly expert: Expert;
  /** Its weight p, finite; 1 is the expert as it was trained, 0 leaves it out. */
  readonly weight: number;
}

/** What {@link mergeExperts} can be given besides the mixture. */
export interface MergeOptions {
  /** Keeps the uploaded factors for the next merge; without it they are uploaded each time. */
  readonly store?: FactorStore;
}

/** A base with experts merged into it. It owns only the kernels that experts change; the base must outlive it. */
export class MergedWeights implements WeightLookup, Disposable {
  readonly [Symbol.dispose] = (): void => this.dispose();
  readonly #base: BackboneWeights;
  readonly #merged: ReadonlyMap<string, tf.Tensor>;
  #disposed = false;

  /**
   * @param base - where the unchanged parameters are found; stays the caller's
   * @param merged - changed kernels by name, which from now on belong to this object
   */
  constructor(base: BackboneWeights, merged: ReadonlyMap<string, tf.Tensor>) {
    this.#base = base;
    this.#merged = merged;
  }

  get config(): BackboneConfig {
    return this.#base.config;
  }

  get(name: string): tf.Tensor {
    if (this.#disposed)
      throw new LimpidError("Disposed", `merged weight ${name} was asked for after disposal`);
    return this.#merged.get(name) ?? this.#base.get(name);
  }

  /** Bytes of device memory that the changed kernels take. */
  get byteSize(): number {
    let size = 0;
    if (!this.#disposed) for (const tensor of this.#merged.values()) size += tensor.size;
    return size * Float32Array.BYTES_PER_ELEMENT;
  }

  /** Frees the device memory of the changed kernels; the base stays. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    tf.dispose([...this.#merged.values()]);
  }
}

/**
 * Merges a mixture into a base: `W' = W + sum_i p_i * (alpha_i / r_i) * B_i A_i`, in float32 on the current tfjs
 * backend. The base's tensors are not touched.
 *
 * @param base - the base
 * @param mixture - experts and their weights; those of weight 0 are left out
 * @param options - where to keep the uploaded factors
 * @returns the merged weights, for the caller to dispose before the base
 * @throws {@link LimpidError} `ExpertMismatch` if an expert was made for another base or network, `InvalidArgument` if a
 * weight is not finite
 *
 * @example
 * ```ts
 * const merged = mergeExperts(base, [{ expert: derain, weight: 0.7 }, { expert: denoise, weight: 0.3 }]);
 * const restored = runBackbone(merged, image, embedding);
 * merged.dispose();
 * ```
 */
export function mergeExperts(
  base: BackboneWeights,
  mixture: readonly MixtureEntry[],
  options: MergeOptions = {},
): MergedWeights {
  for (const { expert, weight } of mixture) {
    if (!Number.isFinite(weight)) {
      throw new LimpidError("InvalidArgument", `the weight of expert ${expert.id} is ${weight}`);
    }
    expert.requireBase(base.sha256);
    expert.requireTargets(base.config);
  }
  const store = options.store ?? new FactorStore();
  const merged = new Map<string, tf.Tensor>();
  try {
    for (const { expert, weight } of mixture) {
      if (weight !== 0) addExpert(base, merged, expert, weight, store);
    }
    return new MergedWeights(base, merged);
  } catch (error) {
    tf.dispose([...merged.values()]);
    throw error;
  } finally {
    if (options.store === undefined) store.dispose();
  }
}

/** Adds one expert's deltas to the kernels, which are copied from the base the first time. */
function addExpert(
  base: BackboneWeights,
  merged: Map<string, tf.Tensor>,
  expert: Expert,
  weight: number,
  store: FactorStore,
): void {
  tf.tidy(() => {
    const scales = new Map<number, tf.Scalar>();
    for (const factors of expert.factors.values()) {
      const { target } = factors;
      const { a, b } = store.get(expert, factors);
      const value = weight * expert.scaleOf(factors);
      const scale = scales.get(value) ?? tf.scalar(value);
      scales.set(value, scale);
      const before = merged.get(target.parameter);
      const kernel = tf.tidy(() =>
        tf.add(before ?? base.get(target.parameter), tf.mul(lowRankDelta(target, a, b), scale)),
      );
      merged.set(target.parameter, tf.keep(kernel));
      before?.dispose();
    }
  });
}
