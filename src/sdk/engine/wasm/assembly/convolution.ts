import { multiplyAdd } from "./arithmetic";

// What becomes of a convolution's sums; `convolution-mode.ts` names the same to the host.
/** They are stored. */
export const STORE: usize = 0;
/** They are added to what is there. */
export const ADD: usize = 1;
/** The first four of every eight are multiplied by the other four. */
export const GATE: usize = 2;
/** They are stored, zero in place of what is less. */
export const RECTIFY: usize = 3;

/** Bytes of eight weights. */
const PANEL: usize = 32;

/**
 * Convolves some pixels of a row: a matrix product in registers, four pixels by eight outputs at a time. A kernel of some
 * rows reads a run of `depth` numbers from as many rows of the input, since the channels of neighbouring pixels lie side by
 * side. Weights lie in panels of eight outputs: eight biases, then eight weights for each number of the runs.
 *
 * @param input - the first pixel's first number
 * @param pixelStride - from one pixel's run to the next's, in bytes
 * @param rows - of the kernel
 * @param rowStride - from one row of the input to the next, in bytes
 * @param depth - numbers that are read from each row
 * @param weights - the panels
 * @param outputs - how many; a multiple of four, in mode `GATE` of eight
 * @param output - the first pixel's first output
 * @param outputStride - from one pixel's outputs to the next's, in bytes
 * @param panelStride - from the outputs of one panel to those of the next, in bytes
 * @param pixels - how many
 * @param mode - what becomes of the sums
 */
export function convolve(
  input: usize,
  pixelStride: usize,
  rows: usize,
  rowStride: usize,
  depth: usize,
  weights: usize,
  outputs: usize,
  output: usize,
  outputStride: usize,
  panelStride: usize,
  pixels: usize,
  mode: usize,
): void {
  const panel = (rows * depth + 1) * PANEL;
  for (let first: usize = 0; first < outputs; first += 8) {
    const isWide = first + 8 <= outputs;
    let x = input;
    let y = output;
    let left = pixels;
    for (; left >= 4; left -= 4) {
      convolveFour(x, pixelStride, rows, rowStride, depth, weights, y, outputStride, mode, isWide);
      x += 4 * pixelStride;
      y += 4 * outputStride;
    }
    for (; left >= 2; left -= 2) {
      convolveTwo(x, pixelStride, rows, rowStride, depth, weights, y, outputStride, mode, isWide);
      x += 2 * pixelStride;
      y += 2 * outputStride;
    }
    if (left > 0) convolveOne(x, rows, rowStride, depth, weights, y, mode, isWide);
    weights += panel;
    output += panelStride;
  }
}

/** Puts eight sums of one pixel where they belong, or the first four if the panel is not wide. */
function finish(a: v128, b: v128, output: usize, mode: usize, isWide: bool): void {
  if (mode === GATE) {
    v128.store(output, f32x4.mul(a, b));
    return;
  }
  if (mode === ADD) {
    a = f32x4.add(a, v128.load(output));
    if (isWide) b = f32x4.add(b, v128.load(output, 16));
  } else if (mode === RECTIFY) {
    const zero = f32x4.splat(0);
    a = f32x4.max(a, zero);
    b = f32x4.max(b, zero);
  }
  v128.store(output, a);
  if (isWide) v128.store(output, b, 16);
}

/**
 * Four pixels. A round has fifteen values at most: eight sums, two vectors of weights, four numbers and one product. V8 loads
 * all that a round reads before it computes; with more pixels, or two rounds in one, it would keep sums in memory.
 */
function convolveFour(
  input: usize,
  pixelStride: usize,
  rows: usize,
  rowStride: usize,
  depth: usize,
  weights: usize,
  output: usize,
  outputStride: usize,
  mode: usize,
  isWide: bool,
): void {
  let a0 = v128.load(weights);
  let b0 = v128.load(weights, 16);
  let a1 = a0;
  let b1 = b0;
  let a2 = a0;
  let b2 = b0;
  let a3 = a0;
  let b3 = b0;
  weights += 32;
  let x0 = input;
  let x1 = x0 + pixelStride;
  let x2 = x1 + pixelStride;
  let x3 = x2 + pixelStride;
  const skip = rowStride - (depth << 2);
  for (; rows > 0; rows--) {
    for (const end = x0 + (depth << 2); x0 < end; weights += 32) {
      const u = v128.load(weights);
      const v = v128.load(weights, 16);
      let x = v128.load32_splat(x0);
      a0 = multiplyAdd(x, u, a0);
      b0 = multiplyAdd(x, v, b0);
      x = v128.load32_splat(x1);
      a1 = multiplyAdd(x, u, a1);
      b1 = multiplyAdd(x, v, b1);
      x = v128.load32_splat(x2);
      a2 = multiplyAdd(x, u, a2);
      b2 = multiplyAdd(x, v, b2);
      x = v128.load32_splat(x3);
      a3 = multiplyAdd(x, u, a3);
      b3 = multiplyAdd(x, v, b3);
      x0 += 4;
      x1 += 4;
      x2 += 4;
      x3 += 4;
    }
    x0 += skip;
    x1 += skip;
    x2 += skip;
    x3 += skip;
  }
  finish(a0, b0, output, mode, isWide);
  finish(a1, b1, output + outputStride, mode, isWide);
  finish(a2, b2, output + 2 * outputStride, mode, isWide);
  finish(a3, b3, output + 3 * outputStride, mode, isWide);
}

/** Two pixels, at the end of a row. */
function convolveTwo(
  input: usize,
  pixelStride: usize,
  rows: usize,
  rowStride: usize,
  depth: usize,
  weights: usize,
  output: usize,
  outputStride: usize,
  mode: usize,
  isWide: bool,
): void {
  let a0 = v128.load(weights);
  let b0 = v128.load(weights, 16);
  let a1 = a0;
  let b1 = b0;
  weights += 32;
  let x0 = input;
  let x1 = x0 + pixelStride;
  const skip = rowStride - (depth << 2);
  for (; rows > 0; rows--) {
    for (const end = x0 + (depth << 2); x0 < end; weights += 32) {
      const u = v128.load(weights);
      const v = v128.load(weights, 16);
      let x = v128.load32_splat(x0);
      a0 = multiplyAdd(x, u, a0);
      b0 = multiplyAdd(x, v, b0);
      x = v128.load32_splat(x1);
      a1 = multiplyAdd(x, u, a1);
      b1 = multiplyAdd(x, v, b1);
      x0 += 4;
      x1 += 4;
    }
    x0 += skip;
    x1 += skip;
  }
  finish(a0, b0, output, mode, isWide);
  finish(a1, b1, output + outputStride, mode, isWide);
}

/** One pixel. */
function convolveOne(
  input: usize,
  rows: usize,
  rowStride: usize,
  depth: usize,
  weights: usize,
  output: usize,
  mode: usize,
  isWide: bool,
): void {
  let a = v128.load(weights);
  let b = v128.load(weights, 16);
  weights += PANEL;
  for (; rows > 0; rows--) {
    for (let x = input, end = input + (depth << 2); x < end; x += 4) {
      const value = v128.load32_splat(x);
      a = multiplyAdd(value, v128.load(weights), a);
      b = multiplyAdd(value, v128.load(weights, 16), b);
      weights += PANEL;
    }
    input += rowStride;
  }
  finish(a, b, output, mode, isWide);
}
