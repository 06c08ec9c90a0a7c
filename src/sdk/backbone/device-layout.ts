import type { BackboneParameter } from "./parameters.js";

/**
 * The shape of a parameter on the device, where images are [n, h, w, C]; see {@link ParameterKind}.
 *
 * @param parameter - the parameter, whose shape is in PyTorch's layout
 */
export function deviceShape({ shape, kind }: Pick<BackboneParameter, "shape" | "kind">): number[] {
  const [outputs = 1, inputs = 1, height = 1, width = 1] = shape;
  switch (kind) {
    case "convolution":
    case "upsampling":
      return [height, width, inputs, outputs];
    case "depthwise":
      return [height, width, outputs, 1];
    case "scale":
      return [1, 1, 1, inputs];
    case "vector":
      return [outputs];
  }
}

/**
 * Reorders a parameter's values from PyTorch's layout to the device's.
 *
 * @param values - as many as the shape holds, in PyTorch's order; not changed
 * @returns a new array with the values in the order of {@link deviceShape}
 */
export function toDeviceLayout(
  parameter: Pick<BackboneParameter, "shape" | "kind">,
  values: Float32Array,
): Float32Array {
  const { shape, kind } = parameter;
  if (kind === "vector" || kind === "scale") return values.slice();
  const [outputs = 1, inputs = 1, height = 1, width = 1] = shape;
  const taps = height * width;
  const result = new Float32Array(values.length);
  // PyTorch's index is (output * inputs + input) * taps + tap. A depthwise kernel has one input per output, so that
  // [k, k, C, 1] is the same order as [k, k, 1, C].
  for (let output = 0; output < outputs; output++) {
    const column = kind === "upsampling" ? shuffledChannel(output, outputs) : output;
    for (let input = 0; input < inputs; input++) {
      const source = (output * inputs + input) * taps;
      for (let tap = 0; tap < taps; tap++) {
        result[(tap * inputs + input) * outputs + column] = values[source + tap] ?? 0;
      }
    }
  }
  return result;
}

/** Where PyTorch's pixel-shuffle channel (C, row, column) lies in the order (row, column, C). */
function shuffledChannel(channel: number, channels: number): number {
  return (channel % 4) * (channels / 4) + Math.floor(channel / 4);
}
