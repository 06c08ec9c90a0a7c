import * as tf from "@tensorflow/tfjs-core";

type Shape4D = [number, number, number, number];

/** What tfjs gives the kernels of a convolution's gradient. */
interface ConvolutionAttributes {
  readonly strides: number | [number, number];
  readonly pad: "same" | "valid" | number | tf.backend_util.ExplicitPadding;
  readonly dilations?: number | [number, number];
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly dataFormat?: string;
}

/**
 * Gives tfjs's `wasm` backend the three kernels of gradients that it lacks: of a convolution's filter, and of a depthwise
 * convolution's filter and input, for any stride and padding, without dilation, in NHWC. They are matrix products and
 * shifted slices, in ops that the backend has. The other backends have kernels of their own. A second call does nothing,
 * and a kernel that a later tfjs brings is left as it is.
 */
export function registerGradientKernels(): void {
  const kernels: readonly (readonly [string, tf.KernelFunc])[] = [
    [tf.Conv2DBackpropFilter, filterGradient],
    [tf.DepthwiseConv2dNativeBackpropFilter, depthwiseFilterGradient],
    [tf.DepthwiseConv2dNativeBackpropInput, depthwiseInputGradient],
  ];
  for (const [kernelName, kernelFunc] of kernels) {
    if (tf.getKernel(kernelName, "wasm") !== undefined) continue;
    tf.registerKernel({ kernelName, backendName: "wasm", kernelFunc });
  }
}

const filterGradient: tf.KernelFunc = ({ inputs, attrs }) => {
  const { x, dy } = inputs as unknown as { x: tf.Tensor4D; dy: tf.Tensor4D };
  const { filterShape } = attrs as unknown as { filterShape: Shape4D };
  const info = describe(x.shape, filterShape, attrs as unknown as ConvolutionAttributes, false);
  const rows = info.batchSize * info.outHeight * info.outWidth;
  return tf.tidy(() => {
    const gradient: tf.Tensor2D = tf.reshape(dy, [rows, info.outChannels]);
    const taps = seenByTaps(x, info).map((seen) =>
      tf.matMul(tf.transpose(tf.reshape(seen, [rows, info.inChannels])), gradient),
    );
    return tf.reshape(tf.stack(taps), filterShape); // [kh, kw, in, out]
  });
};

const depthwiseFilterGradient: tf.KernelFunc = ({ inputs, attrs }) => {
  const { x, dy } = inputs as unknown as { x: tf.Tensor4D; dy: tf.Tensor4D };
  const { filterShape } = attrs as unknown as { filterShape: Shape4D };
  const info = describe(x.shape, filterShape, attrs as unknown as ConvolutionAttributes, true);
  const { batchSize, outHeight, outWidth, inChannels } = info;
  const rows = batchSize * outHeight * outWidth;
  return tf.tidy(() => {
    const gradient = tf.reshape(dy, [rows, inChannels, filterShape[3]]); // output channel c * multiplier + q
    const taps = seenByTaps(x, info).map((seen) =>
      tf.sum(tf.mul(tf.reshape(seen, [rows, inChannels, 1]), gradient), 0),
    );
    return tf.reshape(tf.stack(taps), filterShape); // [kh, kw, C, multiplier]
  });
};

const depthwiseInputGradient: tf.KernelFunc = ({ inputs, attrs }) => {
  const { dy, filter } = inputs as unknown as { dy: tf.Tensor4D; filter: tf.Tensor4D };
  const { inputShape } = attrs as unknown as { inputShape: Shape4D };
  const info = describe(inputShape, filter.shape, attrs as unknown as ConvolutionAttributes, true);
  const { batchSize, inHeight, inWidth, outHeight, outWidth, inChannels } = info;
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info;
  const multiplier = filter.shape[3];
  return tf.tidy(() => {
    const turned = tf.reverse(filter, [0, 1]);
    // The transpose of a convolution: of the output spread to the input's grid, with the kernel turned around.
    const spread = (part: tf.Tensor4D): tf.Tensor4D => {
      const tall = place(
        spaceOut(part, 1, strideHeight),
        1,
        filterHeight - 1 - padInfo.top,
        inHeight + filterHeight - 1,
      );
      return place(
        spaceOut(tall, 2, strideWidth),
        2,
        filterWidth - 1 - padInfo.left,
        inWidth + filterWidth - 1,
      );
    };
    if (multiplier === 1) return tf.depthwiseConv2d(spread(dy), turned, 1, "valid");
    const byCopy = tf.reshape(dy, [batchSize * outHeight * outWidth, inChannels, multiplier]);
    const parts = Array.from({ length: multiplier }, (_, copy) => {
      const part = tf.slice(byCopy, [0, 0, copy], [-1, -1, 1]);
      const kernel: tf.Tensor4D = tf.slice(turned, [0, 0, 0, copy], [-1, -1, -1, 1]);
      const map: tf.Tensor4D = tf.reshape(part, [batchSize, outHeight, outWidth, inChannels]);
      return tf.depthwiseConv2d(spread(map), kernel, 1, "valid");
    });
    return tf.addN(parts);
  });
};

function describe(
  inputShape: Shape4D,
  filterShape: Shape4D,
  attributes: ConvolutionAttributes,
  isDepthwise: boolean,
): tf.backend_util.Conv2DInfo {
  const { strides, pad, dilations = 1, dimRoundingMode, dataFormat = "NHWC" } = attributes;
  const isDilated = typeof dilations === "number" ? dilations !== 1 : dilations.some((step) => step !== 1);
  if (isDilated || dataFormat !== "NHWC") {
    throw new Error(
      `the gradient of a convolution with dilation ${String(dilations)} in ${dataFormat} is not there`,
    );
  }
  return tf.backend_util.computeConv2DInfo(
    inputShape,
    filterShape,
    strides,
    1,
    pad,
    dimRoundingMode,
    isDepthwise,
  );
}

/** The input as each tap of the kernel sees it, row by row of the kernel: [n, outHeight, outWidth, in] each. */
function seenByTaps(x: tf.Tensor4D, info: tf.backend_util.Conv2DInfo): tf.Tensor4D[] {
  const { filterHeight, filterWidth, outHeight, outWidth, strideHeight, strideWidth, padInfo } = info;
  const tall = (outHeight - 1) * strideHeight + 1;
  const wide = (outWidth - 1) * strideWidth + 1;
  const padded = place(
    place(x, 1, padInfo.top, tall + filterHeight - 1),
    2,
    padInfo.left,
    wide + filterWidth - 1,
  );
  return Array.from({ length: filterHeight * filterWidth }, (_, tap) => {
    const [top, left] = [Math.floor(tap / filterWidth), tap % filterWidth];
    if (strideHeight === 1 && strideWidth === 1)
      return tf.slice(padded, [0, top, left, 0], [-1, tall, wide, -1]);
    const [n, , , channels] = padded.shape;
    return tf.stridedSlice(
      padded,
      [0, top, left, 0],
      [n, top + tall, left + wide, channels],
      [1, strideHeight, strideWidth, 1],
    ) as tf.Tensor4D;
  });
}

/** Puts x at an offset, which may be negative, into a map of `size` zeros along one axis. */
function place(x: tf.Tensor4D, axis: 1 | 2, offset: number, size: number): tf.Tensor4D {
  const first = Math.max(0, -offset);
  const last = Math.min(x.shape[axis], size - offset);
  let part = x;
  if (first > 0 || last < x.shape[axis]) {
    const begin: Shape4D = [0, 0, 0, 0];
    const shape: Shape4D = [...x.shape];
    begin[axis] = first;
    shape[axis] = last - first;
    part = tf.slice(x, begin, shape);
  }
  const before = Math.max(0, offset);
  const after = size - before - part.shape[axis];
  if (before === 0 && after === 0) return part;
  const none: [number, number] = [0, 0];
  return tf.pad(part, axis === 1 ? [none, [before, after], none, none] : [none, none, [before, after], none]);
}

/** Puts `step - 1` zeros behind every row (axis 1) or column (axis 2) but the last. */
function spaceOut(x: tf.Tensor4D, axis: 1 | 2, step: number): tf.Tensor4D {
  if (step === 1) return x;
  const [n, h, w, channels] = x.shape;
  const [rows, length] = axis === 1 ? [n * h, w * channels] : [n * h * w, channels];
  const spaced = tf.pad(tf.reshape(x, [rows, 1, length]), [
    [0, 0],
    [0, step - 1],
    [0, 0],
  ]);
  const map: tf.Tensor4D = tf.reshape(
    spaced,
    axis === 1 ? [n, h * step, w, channels] : [n, h, w * step, channels],
  );
  return place(map, axis, 0, map.shape[axis] - step + 1);
}
