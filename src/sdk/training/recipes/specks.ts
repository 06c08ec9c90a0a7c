import { parameters } from "./parameters.js";
import { anywhere, fillEllipse } from "./pen.js";
import type { RandomSource } from "./random-source.js";
import type { Raster } from "./raster.js";

/** Draws specks of dust anywhere on a mask. */
export function specks(source: RandomSource, mask: Raster, count: number): void {
  for (let speck = 0; speck < count; speck++) {
    const size = source.logarithmic(...parameters.inpainting.speck);
    const radii = [size, size * source.uniform(0.4, 1)] as const;
    // The finest cover less than a pixel.
    const strength = (source.integer(120, 255) / 255) * Math.min(1, size);
    fillEllipse(mask, anywhere(source, mask), radii, source.uniform(0, Math.PI), strength);
  }
}
