import type { RandomSource } from "./random-source.js";
import { blankField, type Raster } from "./raster.js";

/**
 * Points of random strength, 0.3 to 1, on a plane of zeros.
 *
 * @param source - where they fall
 * @param size - of the plane
 * @param count - how many, in the mean
 * @param density - more of them where it is high: the share that stays; all stay without it
 * @returns one channel
 */
export function sprinkle(
  source: RandomSource,
  size: { width: number; height: number },
  count: number,
  density?: Raster,
): Raster {
  const points = blankField(size);
  for (let left = poisson(source, count); left > 0; left--) {
    const pixel = source.integer(0, points.data.length - 1);
    const strength = source.uniform(0.3, 1);
    const stays = density === undefined || source.uniform(0, 1) < density.data[pixel]!;
    points.data[pixel] = stays ? strength : 0;
  }
  return points;
}

/** A number of independent events, by Knuth's product of uniform numbers; above 60, where nobody sees it, by its normal limit. */
function poisson(source: RandomSource, mean: number): number {
  if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * source.normal()));
  const limit = Math.exp(-Math.max(mean, 0));
  let count = 0;
  for (let product = source.uniform(0, 1); product > limit; product *= source.uniform(0, 1)) count++;
  return count;
}
