import type { RouterEncoderConfig } from "./compact-config.js";

/** The output of one layer: [height, width, channels], row-major. */
export interface FeatureMap {
  /** In cells. */
  readonly height: number;
  /** In cells. */
  readonly width: number;
  readonly channels: number;
  readonly values: Float32Array;
}

/** One convolution with the rectifier after it. Zeros surround its input, so that a stride of 1 keeps the size. */
export interface StackLayer {
  readonly inputs: number;
  readonly outputs: number;
  /** Odd side of the kernel. */
  readonly size: number;
  /** Input cells from one output cell to the next. */
  readonly stride: number;
  /** [size, size, inputs, outputs]. */
  readonly weights: Float32Array;
  /** [outputs]. */
  readonly bias: Float32Array;
}

/** Runs one encoder of the router: a stack of convolutions, one view at a time. */
export interface ConvolutionStack {
  /** Bytes of memory that it keeps. */
  readonly byteSize: number;

  /**
   * Encodes a view.
   *
   * @param view - [height, width, channels of the first layer]; not changed
   * @returns the outputs of the pooled layers, in their order; the caller's
   */
  run(view: FeatureMap): Promise<readonly FeatureMap[]>;
}

/**
 * Brings an encoder's weights into the order in which they are used.
 *
 * @param inputs - channels of its views
 * @param read - a layer's `weight` [out, in, size, size] or `bias` [out]
 */
export function readLayers(
  config: RouterEncoderConfig,
  inputs: number,
  read: (layer: number, name: "weight" | "bias") => Float32Array,
): readonly StackLayer[] {
  return config.widths.map((outputs, index) => {
    const size = config.kernelSizes[index]!;
    const layer = {
      inputs: config.widths[index - 1] ?? inputs,
      outputs,
      size,
      stride: config.strides[index]!,
    };
    const kernel = read(index, "weight");
    const weights = new Float32Array(kernel.length);
    const taps = size * size;
    for (let output = 0; output < outputs; output++) {
      for (let input = 0; input < layer.inputs; input++) {
        for (let tap = 0; tap < taps; tap++) {
          weights[(tap * layer.inputs + input) * outputs + output] =
            kernel[(output * layer.inputs + input) * taps + tap]!;
        }
      }
    }
    return { ...layer, weights, bias: read(index, "bias") };
  });
}

/** Cells of a layer's output along a side. */
export function outputSize({ size, stride }: StackLayer, input: number): number {
  return Math.floor((input + 2 * ((size - 1) / 2) - size) / stride) + 1;
}

/** The stack in plain code: the reference for the kernels, and what runs where WebAssembly does not. */
export class PlainStack implements ConvolutionStack {
  readonly byteSize = 0;
  readonly #layers: readonly StackLayer[];
  readonly #pooled: readonly number[];

  constructor(layers: readonly StackLayer[], pooled: readonly number[]) {
    this.#layers = layers;
    this.#pooled = pooled;
  }

  async run(view: FeatureMap): Promise<readonly FeatureMap[]> {
    const outputs: FeatureMap[] = [];
    let map = view;
    for (const layer of this.#layers) outputs.push((map = convolve(layer, map)));
    return Promise.resolve(this.#pooled.map((index) => outputs[index]!));
  }
}

function convolve(layer: StackLayer, map: FeatureMap): FeatureMap {
  const { inputs, outputs, size, stride, weights, bias } = layer;
  const [height, width] = [outputSize(layer, map.height), outputSize(layer, map.width)];
  const border = (size - 1) / 2;
  const values = new Float32Array(height * width * outputs);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cell = values.subarray((y * width + x) * outputs, (y * width + x + 1) * outputs);
      cell.set(bias);
      for (let tap = 0; tap < size * size; tap++) {
        const row = y * stride + Math.floor(tap / size) - border;
        const column = x * stride + (tap % size) - border;
        if (row < 0 || row >= map.height || column < 0 || column >= map.width) continue;
        const from = (row * map.width + column) * inputs;
        for (let input = 0; input < inputs; input++) {
          const value = map.values[from + input]!;
          const start = (tap * inputs + input) * outputs;
          for (let output = 0; output < outputs; output++) cell[output]! += value * weights[start + output]!;
        }
      }
      for (let output = 0; output < outputs; output++) cell[output] = Math.max(cell[output]!, 0);
    }
  }
  return { height, width, channels: outputs, values };
}
