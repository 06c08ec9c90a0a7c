import * as tf from "@tensorflow/tfjs-core";
import type { ExpertTarget } from "./targets.js";

/**
 * The change `B A` of a kernel, in the device's layout and not yet scaled: LoRA-IR's
 * `reshape(B A, weight.shape)`. Differentiable.
 *
 * @param target - the convolution
 * @param a - A, [rank * k, in * k]
 * @param b - B, [out / groups * k, rank * k], rows in PyTorch's order of output channels
 * @returns the change, in the shape that the kernel has on the device
 */
export function lowRankDelta(target: ExpertTarget, a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor4D {
  const [outputs, inputs, height, width] = target.shape;
  return tf.tidy((): tf.Tensor4D => {
    if (height === 1 && width === 1) {
      const rows = target.kind === "upsampling" ? shuffleRows(b) : b;
      return tf.reshape(tf.matMul(a, rows, true, true), [1, 1, inputs, outputs]); // (B A) transposed
    }
    const delta: tf.Tensor4D = tf.reshape(tf.matMul(b, a), [outputs, inputs, height, width]);
    return tf.transpose(delta, target.kind === "depthwise" ? [2, 3, 0, 1] : [2, 3, 1, 0]);
  });
}

/** Output channels from PyTorch's pixel-shuffle order (C, row, column) to the device's (row, column, C). */
function shuffleRows(b: tf.Tensor2D): tf.Tensor2D {
  const [rows, rank] = b.shape;
  return tf.reshape(tf.transpose(tf.reshape(b, [rows / 4, 4, rank]), [1, 0, 2]), [rows, rank]);
}
