import * as tf from "@tensorflow/tfjs-core";

/** A convolution's weights on the device. */
export interface Convolution {
  /** Kernel [k, k, in, out], or [k, k, C, 1] if depthwise. */
  readonly kernel: tf.Tensor4D;
  /** Bias [out], if it has one. */
  readonly bias?: tf.Tensor1D;
}

// The convolutions below have gradients on every backend: they are matrix products where possible, and otherwise bring
// a gradient of their own for backends (wasm) that have the convolution's kernel but not those of its gradient.

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
    const a = tf.reshape(x, [n * h * w, inputs]);
    const b = tf.reshape(kernel, [inputs, outputs]);
    const y =
      bias === undefined
        ? tf.matMul(a, b)
        : isTaped()
          ? tf.add(tf.matMul(a, b), bias)
          : tf.fused.matMul({ a, b, bias });
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
 * A convolution with an odd kernel and stride 1, zero-padded so that the size stays.
 *
 * @param x - [n, h, w, in]
 * @param convolution - kernel [k, k, in, out]
 * @returns [n, h, w, out]
 */
export function convolve(x: tf.Tensor4D, { kernel, bias }: Required<Convolution>): tf.Tensor4D {
  if (!isTaped()) return tf.fused.conv2d({ x, filter: kernel, strides: 1, pad: "same", bias });
  const isDifferentiable = hasKernels("Conv2DBackpropInput", "Conv2DBackpropFilter");
  return tf.tidy(() => {
    const y = isDifferentiable
      ? tf.conv2d(x, kernel, 1, "same")
      : withOwnGradient(x, kernel, fullConvolution);
    return tf.add(y, bias);
  });
}

const fullConvolution: DifferentiableConvolution = {
  forward: (x, kernel) => tf.conv2d(x, kernel, 1, "same"),
  // The transpose of a convolution with stride 1 is a convolution with the kernel turned around.
  ofInput: (dy, kernel) => tf.conv2d(dy, tf.transpose(tf.reverse(kernel, [0, 1]), [0, 1, 3, 2]), 1, "same"),
  ofTap: (window, dy) =>
    tf.matMul(tf.reshape(window, [-1, window.shape[3]]), tf.reshape(dy, [-1, dy.shape[3]]), true),
};

/**
 * A depthwise convolution with an odd kernel and stride 1, zero-padded so that the size stays.
 *
 * @param x - [n, h, w, C]
 * @param convolution - kernel [k, k, C, 1]
 * @returns [n, h, w, C]
 */
export function convolveDepthwise(x: tf.Tensor4D, { kernel, bias }: Required<Convolution>): tf.Tensor4D {
  if (!isTaped()) return tf.fused.depthwiseConv2d({ x, filter: kernel, strides: 1, pad: "same", bias });
  const isDifferentiable = hasKernels(
    "DepthwiseConv2dNativeBackpropInput",
    "DepthwiseConv2dNativeBackpropFilter",
  );
  return tf.tidy(() => {
    const y = isDifferentiable
      ? tf.depthwiseConv2d(x, kernel, 1, "same")
      : withOwnGradient(x, kernel, depthwiseConvolution);
    return tf.add(y, bias);
  });
}

const depthwiseConvolution: DifferentiableConvolution = {
  forward: (x, kernel) => tf.depthwiseConv2d(x, kernel, 1, "same"),
  ofInput: (dy, kernel) => tf.depthwiseConv2d(dy, tf.reverse(kernel, [0, 1]), 1, "same"),
  ofTap: (window, dy) => tf.sum(tf.mul(window, dy), [0, 1, 2]),
};

/** Whether a gradient is being recorded. The fused ops would then compute the gradients of frozen kernels too. */
function isTaped(): boolean {
  return tf.engine().state.gradientDepth > 0;
}

function hasKernels(...names: readonly string[]): boolean {
  return names.every((name) => tf.getKernel(name, tf.getBackend()) !== undefined);
}

/** A same-padded convolution and its derivatives, in ops that every backend has. */
interface DifferentiableConvolution {
  /** The convolution. */
  readonly forward: (x: tf.Tensor4D, kernel: tf.Tensor4D) => tf.Tensor4D;
  /** The gradient of the input, from the output's. */
  readonly ofInput: (dy: tf.Tensor4D, kernel: tf.Tensor4D) => tf.Tensor4D;
  /** The gradient of one position of the kernel, from the input as seen through it and the output's gradient. */
  readonly ofTap: (window: tf.Tensor4D, dy: tf.Tensor4D) => tf.Tensor;
}

function withOwnGradient(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  { forward, ofInput, ofTap }: DifferentiableConvolution,
): tf.Tensor4D {
  const operation = tf.customGrad((...inputs) => {
    const [image, filter, save] = inputs as unknown as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    save([image, filter]);
    const gradFunc = (dy: tf.Tensor4D, saved: tf.Tensor[]): tf.Tensor[] => {
      // The inputs themselves may be gone by now.
      const [savedImage, savedFilter] = saved as [tf.Tensor4D, tf.Tensor4D];
      return [ofInput(dy, savedFilter), gradientOfKernel(savedImage, savedFilter, dy, ofTap)];
    };
    return { value: forward(image, filter), gradFunc };
  });
  return operation(x, kernel);
}

function gradientOfKernel(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  dy: tf.Tensor4D,
  ofTap: DifferentiableConvolution["ofTap"],
): tf.Tensor {
  const [rows, columns] = kernel.shape;
  const [top, left] = [(rows - 1) / 2, (columns - 1) / 2];
  const padded = tf.pad(x, [
    [0, 0],
    [top, top],
    [left, left],
    [0, 0],
  ]);
  const taps = Array.from({ length: rows * columns }, (_, tap) =>
    ofTap(tf.slice(padded, [0, Math.floor(tap / columns), tap % columns, 0], x.shape), dy),
  );
  return tf.reshape(tf.stack(taps), kernel.shape);
}
