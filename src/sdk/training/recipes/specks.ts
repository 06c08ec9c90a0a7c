import { anywhere, fillEllipse } from "./pen.js";
import type { RandomSource } from "./random-source.js";
import type { Raster } from "./raster.js";

/** Draws specks of dust anywhere on a mask. */
export function specks(source: RandomSource, mask: Raster, count: number): void {
  for (let speck = 0; speck < count; speck++) {
    const size = source.logarithmic(0.6, 4.5);
    const radii = [size, size * source.uniform(0.4, 1)] as const;
    const strength = source.integer(120, 255) / 255;
    fillEllipse(mask, anywhere(source, mask), radii, source.uniform(0, Math.PI), strength);
  }
}
