import type { RandomSource } from "./random-source.js";
import type { Raster } from "./raster.js";
import { resample } from "./resample.js";

/**
 * A random smooth field: uniform random numbers on a coarse grid, interpolated bicubically and stretched to 0..1.
 *
 * @param source - where the numbers come from
 * @param size - of the field
 * @param cells - about how many bumps lie along the longer side
 * @returns one channel
 */
export function smoothField(
  source: RandomSource,
  { width, height }: { width: number; height: number },
  cells: number,
): Raster {
  const longer = Math.max(width, height);
  const rows = Math.max(2, Math.round((cells * height) / longer)) + 2;
  const columns = Math.max(2, Math.round((cells * width) / longer)) + 2;
  const grid = Float32Array.from({ length: rows * columns }, () => source.uniform(0, 1));
  const field = resample({ width: columns, height: rows, channels: 1, data: grid }, width, height, "cubic");
  stretch(field.data);
  return field;
}

/** Stretches values in place so that they reach from 0 to 1. */
export function stretch(values: Float32Array): void {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  for (let index = 0; index < values.length; index++) {
    values[index] = (values[index]! - low) / (high - low + 1e-6);
  }
}
