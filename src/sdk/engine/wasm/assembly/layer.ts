import { convolve } from "./convolution";
import { modulate } from "./normalization";

/** A convolution of one image; the host writes it, in the order of `layerFields` in `records.ts`. */
@unmanaged
export class Layer {
  /** The first number that the first output pixel reads. */
  input: usize;
  /** From one row of the input to the next, in bytes. */
  rowStride: usize;
  /** From what one output pixel reads to what the next one does, in bytes. */
  pixelStride: usize;
  /** From what one output row reads to what the next one does, in bytes. */
  step: usize;
  /** Rows of the kernel, and numbers that are read from each. */
  rows: usize;
  depth: usize;
  weights: usize;
  outputs: usize;
  output: usize;
  /** From one pixel, and one row, of the output to the next, in bytes. */
  outputStride: usize;
  outputStep: usize;
  /** Output pixels of a row. */
  width: usize;
  /** What becomes of the sums; see `convolution.ts`. */
  mode: usize;
  /** The modulator after it: scale and offset; 0 if there is none. */
  scale: usize;
  offset: usize;
  /** Channels of what is modulated, and pixels of a row. */
  channels: usize;
  pixels: usize;
  /** What the outputs of a row are added to, side by side, and from one row of it to the next, in bytes; 0 if to nothing. */
  sum: usize;
  sumStep: usize;
  /** How many of each pixel's outputs. */
  sumChannels: usize;
}

/**
 * Runs a convolution, and the modulator after it, over some rows of its output.
 *
 * @param at - the layer
 * @param from - the first row
 * @param to - after the last
 */
export function runLayer(at: usize, from: usize, to: usize): void {
  const layer = changetype<Layer>(at);
  for (let y = from; y < to; y++) {
    const output = layer.output + y * layer.outputStep;
    convolve(
      layer.input + y * layer.step,
      layer.pixelStride,
      layer.rows,
      layer.rowStride,
      layer.depth,
      layer.weights,
      layer.outputs,
      output,
      layer.outputStride,
      32,
      layer.width,
      layer.mode,
    );
    if (layer.scale > 0) modulate(output, layer.pixels, layer.channels, layer.scale, layer.offset);
    if (layer.sum > 0) {
      const sum = layer.sum + y * layer.sumStep;
      addPixels(output, layer.outputStride, sum, layer.sumChannels, layer.width);
    }
  }
}

/** Adds the first channels of some pixels to others, which have no more. */
function addPixels(input: usize, inputStride: usize, output: usize, channels: usize, pixels: usize): void {
  for (; pixels > 0; pixels--) {
    for (let at: usize = 0; at < channels << 2; at += 4) {
      store<f32>(output + at, load<f32>(output + at) + load<f32>(input + at));
    }
    input += inputStride;
    output += channels << 2;
  }
}
