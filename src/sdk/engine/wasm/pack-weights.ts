import type { BackboneConfig } from "../../backbone/index.js";
import { foldConvolution, type OrderedWeights } from "../folded-convolution.js";
import type { ReadParameter } from "../host-modulation.js";
import { panelWidth, placeOf, type WeightLayout, type WeightPart } from "./weight-layout.js";

/**
 * Folds and packs a base's weights as the kernels read them: a normalisation's weight and bias go into the 1x1 convolution
 * after it, a residual's scale into the one before it.
 */
export function packWeights(layout: WeightLayout, config: BackboneConfig, read: ReadParameter): Float32Array {
  const packed = new Float32Array(layout.length);
  for (const part of layout.parts.values()) {
    const target = packed.subarray(part.offset);
    if (part.kind === "depthwise") packDepthwise(target, part, read);
    else packPanels(target, part, weightsOf(part, config, read));
  }
  return packed;
}

/**
 * Packs weights into panels as `assembly/convolution.ts` reads them: eight biases, then eight weights for each number that is read.
 *
 * @param target - where the panels begin
 */
export function packPanels(
  target: Float32Array,
  part: Pick<WeightPart, "depth" | "outputs" | "isPaired">,
  { weight, bias }: OrderedWeights,
): void {
  const { depth, outputs } = part;
  for (let output = 0; output < outputs; output++) {
    const place = placeOf(part, output);
    const lane = place % panelWidth;
    let at = (place - lane) * (depth + 1) + lane;
    target[at] = bias(output);
    for (let index = 0; index < depth; index++) target[(at += panelWidth)] = weight(output, index);
  }
}

function weightsOf(part: WeightPart, config: BackboneConfig, read: ReadParameter): OrderedWeights {
  const kernel = read(`${part.path}.conv.weight`);
  const { imageChannels, width, unshuffle = 1 } = config;
  switch (part.kind) {
    case "intro": {
      // A 3x3 kernel on unshuffled pixels is one of three times as many rows and columns on the image's own.
      const bias = read("intro.conv.bias");
      const run = 3 * unshuffle * imageChannels;
      const inputs = imageChannels * unshuffle ** 2;
      return {
        bias: (output) => bias[output]!,
        weight: (output, index) => {
          const [row, column] = [Math.floor(index / run), Math.floor((index % run) / imageChannels)];
          // PyTorch's pixel unshuffle orders channels (C, row, column).
          const input =
            (index % imageChannels) * unshuffle ** 2 + (row % unshuffle) * unshuffle + (column % unshuffle);
          const tap = Math.floor(row / unshuffle) * 3 + Math.floor(column / unshuffle);
          return kernel[(output * inputs + input) * 9 + tap]!;
        },
      };
    }
    case "pointwise":
      return foldConvolution(part, part.depth, read);
    case "down": {
      const bias = read(`${part.path}.conv.bias`);
      const inputs = part.depth / 4;
      return {
        bias: (output) => bias[output]!,
        weight: (output, index) =>
          kernel[(output * inputs + (index % inputs)) * 4 + Math.floor(index / inputs)]!,
      };
    }
    case "up": {
      // PyTorch's pixel shuffle orders its input channels (C, row, column); here a row's are (column, C).
      const channels = part.outputs / 2;
      return {
        bias: () => 0,
        weight: (output, index) => {
          const source = (output % channels) * 4 + part.row * 2 + Math.floor(output / channels);
          return kernel[source * part.depth + index]!;
        },
      };
    }
    case "ending": {
      const bias = read("ending.conv.bias");
      const sourceOf = (output: number): number =>
        (output % imageChannels) * unshuffle ** 2 + part.row * unshuffle + Math.floor(output / imageChannels);
      return {
        bias: (output) => bias[sourceOf(output)]!,
        weight: (output, index) =>
          kernel[(sourceOf(output) * width + (index % width)) * 9 + Math.floor(index / width)]!,
      };
    }
    case "depthwise":
      throw new Error("a depthwise convolution has no panels");
  }
}

/** By four channels: of each tap those of the first half and those of the second, and then the biases. */
function packDepthwise(
  target: Float32Array,
  { path, outputs: channels }: WeightPart,
  read: ReadParameter,
): void {
  const kernel = read(`${path}.conv.weight`);
  const bias = read(`${path}.conv.bias`);
  for (let channel = 0; channel < channels; channel++) {
    const lane = channel % 4;
    for (const half of [0, 1]) {
      const source = half * channels + channel;
      const start = (channel - lane) * 20 + half * 4 + lane;
      for (let tap = 0; tap < 9; tap++) target[start + tap * 8] = kernel[source * 9 + tap]!;
      target[start + 72] = bias[source]!;
    }
  }
}
