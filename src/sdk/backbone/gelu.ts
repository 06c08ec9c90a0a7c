import * as tf from "@tensorflow/tfjs-core";

/**
 * The Gaussian error linear unit in its exact form, `x / 2 * (1 + erf(x / sqrt(2)))`, as PyTorch's default. tfjs
 * approximates erf to 1.5e-7 (Abramowitz and Stegun 7.1.26) on every backend.
 */
export function gelu<T extends tf.Tensor>(x: T): T {
  return tf.tidy(() => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)));
}
