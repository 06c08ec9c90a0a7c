import * as tf from "@tensorflow/tfjs-core";
import {
  prepareBackbone,
  runBackbone,
  type BackboneWeights,
  type PreparedBackbone,
  type WeightLookup,
} from "../backbone/index.js";
import { lowRankDelta } from "../experts/index.js";
import type { FactorLayout } from "./factor-layout.js";

/** Patches with what the router says of them. */
export interface TrainingBatch {
  /** Damaged, [n, s, s, 3] in 0..1. */
  readonly before: tf.Tensor4D;
  /** The same without the damage. */
  readonly after: tf.Tensor4D;
  /** The degradation embedding of each, [n, embeddingSize]. */
  readonly embedding: tf.Tensor2D;
}

/** Keeps the logarithm finite where a patch is restored exactly. */
const smallestError = 1e-8;

/**
 * The negative PSNR in dB of each image, averaged: NAFNet's PSNRLoss, `10 log10(MSE + 1e-8)`. Differentiable.
 *
 * @param restored - [n, h, w, c]
 * @param clean - the same shape, in 0..1
 */
function psnrLoss(restored: tf.Tensor4D, clean: tf.Tensor4D): tf.Scalar {
  return tf.tidy(() => {
    const error = tf.mean(tf.square(tf.sub(restored, clean)), [1, 2, 3]);
    return tf.mean(tf.mul(tf.log(tf.add(error, smallestError)), 10 / Math.LN10));
  });
}

/** What the factors of an expert on a frozen backbone are judged by. The base stays the caller's. */
export class ExpertObjective {
  readonly #base: BackboneWeights;
  readonly #layout: FactorLayout;
  readonly #scale: number;

  /**
   * @param base - the backbone, on the backend that is current when methods are called
   * @param layout - where the factors lie
   * @param scale - alpha / rank
   */
  constructor(base: BackboneWeights, layout: FactorLayout, scale: number) {
    this.#base = base;
    this.#layout = layout;
    this.#scale = scale;
  }

  /**
   * The loss of a batch and its gradient.
   *
   * @param batch - the patches; not disposed
   * @returns tensors for the caller to dispose: the loss in dB [1] and behind it the gradient, [1 + layout.length]
   */
  differentiate(factors: Float32Array, batch: TrainingBatch): tf.Tensor1D {
    return tf.tidy(() => {
      const loss = (...tensors: tf.Tensor[]): tf.Scalar =>
        psnrLoss(runBackbone(this.#merge(tensors), batch.before, batch.embedding), batch.after);
      const { value, grads } = tf.valueAndGrads(loss)(this.#upload(factors));
      return tf.concat1d([value, ...grads].map((tensor) => tf.reshape<tf.Rank.R1>(tensor, [-1])));
    });
  }

  /**
   * The backbone with the expert merged in, to restore with.
   *
   * @returns the prepared backbone, for the caller to dispose
   */
  prepare(factors: Float32Array): PreparedBackbone {
    const tensors = this.#upload(factors);
    tf.engine().startScope();
    try {
      return prepareBackbone(this.#merge(tensors));
    } finally {
      tf.engine().endScope();
      tf.dispose(tensors);
    }
  }

  #upload(factors: Float32Array): tf.Tensor2D[] {
    const upload = (offset: number, [rows, columns]: readonly [number, number]): tf.Tensor2D =>
      tf.tensor2d(factors.slice(offset, offset + rows * columns), [rows, columns]);
    return this.#layout.places.flatMap(({ shapeA, offsetA, shapeB, offsetB }) => [
      upload(offsetA, shapeA),
      upload(offsetB, shapeB),
    ]);
  }

  /** W + B A alpha / rank, to be called within `tf.tidy`. */
  #merge(factors: readonly tf.Tensor[]): WeightLookup {
    const base = this.#base;
    const merged = new Map(
      this.#layout.places.map(({ target }, index) => {
        const delta = lowRankDelta(
          target,
          factors[2 * index] as tf.Tensor2D,
          factors[2 * index + 1] as tf.Tensor2D,
        );
        return [target.parameter, tf.add(base.get(target.parameter), tf.mul(delta, this.#scale))];
      }),
    );
    return { config: base.config, get: (name) => merged.get(name) ?? base.get(name) };
  }
}
