import * as tf from "@tensorflow/tfjs-core";
import { multiplyMatrices } from "./matrix-product.js";
import { isTaped } from "./own-kernel.js";

/** A convolution's weights on the device. */
export interface Convolution {
  /** Kernel [k, k, in, out], or [k, k, C, 1] if depthwise. */
  readonly kernel: tf.Tensor4D;
  /** Bias [out], if it has one. */
  readonly bias?: tf.Tensor1D;
}

// The convolutions below have gradients on every backend: they are matrix products where possible, and for the others
// the kernels that wasm lacks are registered as soon as a gradient is wanted.

/**
 * A 1x1 convolution, as one matrix product.
 *
 * @param x - [n, h, w, in]
 * @param convolution - kernel [1, 1, in, out]
 * @returns [n, h, w, out]
 */
export function convolvePointwise(x: tf.Tensor4D, { kernel, bias }: Convolution): tf.Tensor4D {
  return tf.tidy(() => {
    const [n, h, w, inputs] = x.shape;
    const outputs = kernel.shape[3];
    const a: tf.Tensor2D = tf.reshape(x, [n * h * w, inputs]);
    const b: tf.Tensor2D = tf.reshape(kernel, [inputs, outputs]);
    if (isTaped()) {
      const product = multiplyMatrices(a, b);
      return tf.reshape(bias === undefined ? product : tf.add(product, bias), [n, h, w, outputs]);
    }
    const y = bias === undefined ? tf.matMul(a, b) : tf.fused.matMul({ a, b, bias });
    return tf.reshape(y, [n, h, w, outputs]);
  });
}

/**
 * A convolution with a k x k kernel and stride k, as one matrix product over the patches.
 *
 * @param x - [n, h, w, in]; h and w multiples of k
 * @param convolution - kernel [k, k, in, out]
 * @returns [n, h / k, w / k, out]
 */
export function convolvePatches(x: tf.Tensor4D, { kernel, bias }: Convolution): tf.Tensor4D {
  return tf.tidy(() => {
    const [n, h, w, inputs] = x.shape;
    const [size, , , outputs] = kernel.shape;
    const rows = tf.reshape(x, [(n * h) / size, size, w / size, size * inputs]);
    const patches = tf.transpose(rows, [0, 2, 1, 3]);
    const length = size * size * inputs;
    const pixels: tf.Tensor4D = tf.reshape(patches, [n, h / size, w / size, length]);
    const matrix: tf.Tensor4D = tf.reshape(kernel, [1, 1, length, outputs]);
    return convolvePointwise(pixels, bias === undefined ? { kernel: matrix } : { kernel: matrix, bias });
  });
}

/**
 * Doubles the resolution: each pixel's channels become a 2x2 square, as in `tf.depthToSpace`, which has no gradient and
 * is 40 times slower on wasm.
 *
 * @param x - [n, h, w, 4C], channels in the order (row, column, C)
 * @returns [n, 2h, 2w, C]
 */
export function shufflePixels(x: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const [n, h, w, channels] = x.shape;
    const squares = tf.reshape(x, [n * h, w, 2, channels / 2]);
    return tf.reshape(tf.transpose(squares, [0, 2, 1, 3]), [n, 2 * h, 2 * w, channels / 4]);
  });
}

/**
 * Makes one pixel of each square of pixels, as PyTorch's `PixelUnshuffle` does.
 *
 * @param x - [n, h, w, C]; h and w multiples of the side
 * @param side - of the squares, in pixels
 * @returns [n, h / side, w / side, C * side^2], channels in the order (C, row, column)
 */
export function unshuffleSquares(x: tf.Tensor4D, side: number): tf.Tensor4D {
  return tf.tidy(() => {
    const [n, h, w, channels] = x.shape;
    const squares = tf.reshape(x, [n, h / side, side, w / side, side, channels]);
    const pixels = tf.transpose(squares, [0, 1, 3, 5, 2, 4]);
    return tf.reshape(pixels, [n, h / side, w / side, channels * side * side]);
  });
}

/**
 * Makes a square of pixels of each pixel, as PyTorch's `PixelShuffle` does: what undoes {@link unshuffleSquares}.
 *
 * @param x - [n, h, w, C * side^2], channels in the order (C, row, column)
 * @param side - of the squares, in pixels
 * @returns [n, h * side, w * side, C]
 */
export function shuffleSquares(x: tf.Tensor4D, side: number): tf.Tensor4D {
  return tf.tidy(() => {
    const [n, h, w, channels] = x.shape;
    const squares = tf.reshape(x, [n, h, w, channels / side ** 2, side, side]);
    const pixels = tf.transpose(squares, [0, 1, 4, 2, 5, 3]);
    return tf.reshape(pixels, [n, h * side, w * side, channels / side ** 2]);
  });
}

/**
 * A convolution with an odd kernel and stride 1, zero-padded so that the size stays. Its gradient on tfjs's `wasm` backend
 * takes {@link registerGradientKernels}.
 *
 * @param x - [n, h, w, in]
 * @param convolution - kernel [k, k, in, out]
 * @returns [n, h, w, out]
 */
export function convolve(x: tf.Tensor4D, { kernel, bias }: Required<Convolution>): tf.Tensor4D {
  if (!isTaped()) return tf.fused.conv2d({ x, filter: kernel, strides: 1, pad: "same", bias });
  return tf.tidy(() => tf.add(tf.conv2d(x, kernel, 1, "same"), bias));
}

/**
 * A depthwise convolution with an odd kernel and stride 1, zero-padded so that the size stays. Its gradient on tfjs's `wasm`
 * backend takes {@link registerGradientKernels}.
 *
 * @param x - [n, h, w, C]
 * @param convolution - kernel [k, k, C, 1]
 * @returns [n, h, w, C]
 */
export function convolveDepthwise(x: tf.Tensor4D, { kernel, bias }: Required<Convolution>): tf.Tensor4D {
  if (!isTaped()) return tf.fused.depthwiseConv2d({ x, filter: kernel, strides: 1, pad: "same", bias });
  return tf.tidy(() => tf.add(tf.depthwiseConv2d(x, kernel, 1, "same"), bias));
}
