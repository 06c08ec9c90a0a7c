import type { Raster } from "./raster.js";

/**
 * The value that a share of the samples lies under, in between two of them by a straight line.
 *
 * @param samples - in any order; sorted in place
 * @param share - 0 to 1
 */
export function quantile(samples: Float32Array, share: number): number {
  samples.sort();
  const position = share * (samples.length - 1);
  const before = samples[Math.floor(position)]!;
  return before + (samples[Math.ceil(position)]! - before) * (position % 1);
}

/** The samples of every eighth pixel both ways. */
export function thinned({ width, data }: Raster): Float32Array {
  return data.filter((_, pixel) => (pixel % width) % 8 === 0 && Math.floor(pixel / width) % 8 === 0);
}
