import { multiplyAdd } from "./arithmetic";

/**
 * The depthwise 3x3 convolution of a block and the gate after it, for some pixels of a row.
 *
 * Expanded rows lie in groups of eight channels, four of the first half and the four of the second that they are multiplied
 * by, as [group, pixel, 8]; their first pixel is the one to the left of the first output. Weights lie by groups, nine taps of
 * eight and eight biases.
 *
 * @param above - the expanded row above
 * @param middle - the expanded row
 * @param below - the expanded row below
 * @param groupStride - from one group of a row to the next, in bytes
 * @param pixels - how many; up to three more are computed, which rows and output must have room for
 * @param channels - of the output, a multiple of four
 * @param weights - of all groups
 * @param output - [pixels, channels]
 */
export function mix(
  above: usize,
  middle: usize,
  below: usize,
  groupStride: usize,
  pixels: usize,
  channels: usize,
  weights: usize,
  output: usize,
): void {
  for (let channel: usize = 0; channel < channels; channel += 4) {
    mixHalf(above, middle, below, pixels, channels << 2, weights, output, false);
    mixHalf(above + 16, middle + 16, below + 16, pixels, channels << 2, weights + 16, output, true);
    above += groupStride;
    middle += groupStride;
    below += groupStride;
    weights += 320;
    output += 16;
  }
}

/** One half of a group: its sums are stored, or multiplied into what is there. */
function mixHalf(
  above: usize,
  middle: usize,
  below: usize,
  pixels: usize,
  outputStride: usize,
  weights: usize,
  output: usize,
  isGate: bool,
): void {
  const bias = v128.load(weights, 288);
  for (let pixel: usize = 0; pixel < pixels; pixel += 4) {
    let a = bias;
    let b = bias;
    let c = bias;
    let d = bias;
    let row = above;
    let taps = weights;
    // A loop, for the same reason as in `convolveFour`: what a round reads and sums up stays in registers.
    for (const end = weights + 288; taps < end; taps += 96) {
      const x0 = v128.load(row);
      const x1 = v128.load(row, 32);
      const x2 = v128.load(row, 64);
      const x3 = v128.load(row, 96);
      const x4 = v128.load(row, 128);
      const x5 = v128.load(row, 160);
      let w = v128.load(taps);
      a = multiplyAdd(x0, w, a);
      b = multiplyAdd(x1, w, b);
      c = multiplyAdd(x2, w, c);
      d = multiplyAdd(x3, w, d);
      w = v128.load(taps, 32);
      a = multiplyAdd(x1, w, a);
      b = multiplyAdd(x2, w, b);
      c = multiplyAdd(x3, w, c);
      d = multiplyAdd(x4, w, d);
      w = v128.load(taps, 64);
      a = multiplyAdd(x2, w, a);
      b = multiplyAdd(x3, w, b);
      c = multiplyAdd(x4, w, c);
      d = multiplyAdd(x5, w, d);
      row = taps === weights ? middle : below;
    }
    const second = output + outputStride;
    const third = second + outputStride;
    const fourth = third + outputStride;
    if (isGate) {
      a = f32x4.mul(a, v128.load(output));
      b = f32x4.mul(b, v128.load(second));
      c = f32x4.mul(c, v128.load(third));
      d = f32x4.mul(d, v128.load(fourth));
    }
    v128.store(output, a);
    v128.store(second, b);
    v128.store(third, c);
    v128.store(fourth, d);
    above += 128;
    middle += 128;
    below += 128;
    output = fourth + outputStride;
  }
}
