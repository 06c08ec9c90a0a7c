import * as tf from "@tensorflow/tfjs-core";
import { runOwnKernel, type OwnKernel } from "./own-kernel.js";

/**
 * A matrix product whose gradient is fast on every backend. tfjs's own gradient multiplies transposed matrices, for which
 * wasm has but a plain loop, several times slower than its product of matrices as they lie.
 *
 * @param a - [m, k]
 * @param b - [k, n]
 * @returns [m, n]
 */
export function multiplyMatrices(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  return runOwnKernel(matrixProduct, [a, b])[0] as tf.Tensor2D;
}

const matrixProduct: OwnKernel = {
  name: "LimpidMatrixProduct",
  compute: ([a, b]) => [tf.matMul(a!, b!)],
  savesInputs: true,
  savesOutputs: [],
  gradients: ([dy], [a, b]) => [
    () => tf.matMul(dy!, tf.transpose(b!)),
    () => tf.matMul(tf.transpose(a!), dy!),
  ],
};
