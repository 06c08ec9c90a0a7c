import type { RandomSource } from "./random-source.js";

/** Weights of Keys's cubic convolution with a = -0.75 at the four neighbours of a point at offset t from the second. */
function cubicWeights(t: number): [number, number, number, number] {
  const a = -0.75;
  const near = (d: number): number => ((a + 2) * d - (a + 3)) * d * d + 1;
  const far = (d: number): number => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return [far(1 + t), near(t), near(1 - t), far(2 - t)];
}

/**
 * A random smooth field: uniform random numbers on a coarse grid, interpolated bicubically and stretched to 0..1.
 *
 * @param width - in pixels
 * @param height - in pixels
 * @param cells - about how many bumps lie along the longer side
 * @param source - where the numbers come from
 * @returns [height, width]
 */
export function smoothField(
  width: number,
  height: number,
  cells: number,
  source: RandomSource,
): Float32Array {
  const longer = Math.max(width, height);
  const rows = Math.max(2, Math.round((cells * height) / longer)) + 2;
  const columns = Math.max(2, Math.round((cells * width) / longer)) + 2;
  const grid = Float32Array.from({ length: rows * columns }, () => source.uniform(0, 1));
  const widened = new Float32Array(rows * width);
  for (let x = 0; x < width; x++) {
    const { taps, weights } = neighbours(x, columns, width);
    for (let row = 0; row < rows; row++) {
      for (let tap = 0; tap < 4; tap++) {
        widened[row * width + x]! += weights[tap]! * grid[row * columns + taps[tap]!]!;
      }
    }
  }
  const field = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const { taps, weights } = neighbours(y, rows, height);
    for (let tap = 0; tap < 4; tap++) {
      for (let x = 0; x < width; x++)
        field[y * width + x]! += weights[tap]! * widened[taps[tap]! * width + x]!;
    }
  }
  stretch(field);
  return field;
}

/** Stretches values in place so that they reach from 0 to 1. */
export function stretch(field: Float32Array): void {
  let low = Infinity;
  let high = -Infinity;
  for (const value of field) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  for (let index = 0; index < field.length; index++)
    field[index] = (field[index]! - low) / (high - low + 1e-6);
}

/** The four grid points around an output sample and their weights; points outside repeat the edge. */
function neighbours(
  position: number,
  gridLength: number,
  length: number,
): { taps: number[]; weights: [number, number, number, number] } {
  const at = ((position + 0.5) * gridLength) / length - 0.5;
  const first = Math.floor(at);
  const taps = [-1, 0, 1, 2].map((offset) => Math.min(Math.max(first + offset, 0), gridLength - 1));
  return { taps, weights: cubicWeights(at - first) };
}
