import { foldConvolution } from "../folded-convolution.js";
import type { ReadParameter } from "../host-modulation.js";
import type { WeightLayout, WeightPart } from "./weight-layout.js";

/**
 * Folds and reorders a base's weights into the arena's layout; see {@link WeightPart}. Normalisation's weight and bias
 * go into the 1x1 convolution after it, a residual's scale into the one before it.
 *
 * @returns the arena's values, float32
 */
export function foldWeights(layout: WeightLayout, read: ReadParameter): Float32Array {
  const arena = new Float32Array(layout.length * 4);
  for (const part of layout.parts) fillPart(arena.subarray(part.offset * 4), part, read);
  return arena;
}

function fillPart(target: Float32Array, part: WeightPart, read: ReadParameter): void {
  const { inputs, outputs } = part;
  const kernel = read(`${part.path}.conv.weight`);
  switch (part.kind) {
    case "pointwise": {
      const { weight, bias } = foldConvolution(part, inputs, read);
      for (let output = 0; output < outputs; output++) {
        for (let input = 0; input < inputs; input++) target[input * outputs + output] = weight(output, input);
        target[inputs * outputs + output] = bias(output);
      }
      return;
    }
    case "intro":
    case "down": {
      const taps = part.kind === "intro" ? 9 : 4;
      for (let output = 0; output < outputs; output++) {
        for (let input = 0; input < inputs; input++) {
          for (let tap = 0; tap < taps; tap++) {
            target[(tap * inputs + input) * outputs + output] =
              kernel[(output * inputs + input) * taps + tap]!;
          }
        }
      }
      target.set(read(`${part.path}.conv.bias`), taps * inputs * outputs);
      return;
    }
    case "up": {
      for (let place = 0; place < 4; place++) {
        for (let output = 0; output < outputs; output++) {
          for (let input = 0; input < inputs; input++) {
            // PyTorch's pixel shuffle orders its input channels (C, row, column).
            target[(place * inputs + input) * outputs + output] =
              kernel[(output * 4 + place) * inputs + input]!;
          }
        }
      }
      return;
    }
    case "mix": {
      const channels = part.inputs;
      const bias = read(`${part.path}.conv.bias`);
      for (let channel = 0; channel < channels; channel++) {
        const start = Math.floor(channel / 4) * 80 + (channel % 4);
        for (let half = 0; half < 2; half++) {
          const source = half * channels + channel;
          for (let tap = 0; tap < 9; tap++) target[start + (half * 9 + tap) * 4] = kernel[source * 9 + tap]!;
          target[start + (18 + half) * 4] = bias[source]!;
        }
      }
      return;
    }
    case "ending": {
      for (let output = 0; output < outputs; output++) {
        for (let input = 0; input < inputs; input++) {
          for (let tap = 0; tap < 9; tap++) {
            const vector = (tap * (inputs / 4) + Math.floor(input / 4)) * outputs + output;
            target[vector * 4 + (input % 4)] = kernel[(output * inputs + input) * 9 + tap]!;
          }
        }
      }
      target.set(read("ending.conv.bias"), 9 * inputs * outputs);
      return;
    }
  }
}
