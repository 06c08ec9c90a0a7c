import { comparePlanes, type MetricOptions } from "./metric-planes.js";
import type { PixelImage } from "./pixel-image.js";

/**
 * Peak signal-to-noise ratio: 10 log10(MAX^2 / MSE), with the mean squared error over all pixels and channels. Alpha is
 * ignored; images of different bit depth are compared on the common range 0..1.
 *
 * @param a - one image
 * @param b - the other, of the same size
 * @param options - colour space and border
 * @returns decibels; `Infinity` if the images are equal there
 * @throws {@link LimpidError} `InvalidArgument` if the sizes differ or the border leaves nothing
 *
 * @example
 * ```ts
 * psnr(restored, clean); // RGB
 * psnr(restored, clean, { space: "y" }); // as most papers on rain do
 * ```
 */
export function psnr(a: PixelImage, b: PixelImage, options: MetricOptions = {}): number {
  const planes = comparePlanes(a, b, options);
  const { width, height, planeCount } = planes;
  const rowA = new Float64Array(width);
  const rowB = new Float64Array(width);
  let total = 0;
  for (let plane = 0; plane < planeCount; plane++) {
    for (let y = 0; y < height; y++) {
      planes.read(plane, y, rowA, rowB);
      let sum = 0;
      for (let x = 0; x < width; x++) sum += (rowA[x]! - rowB[x]!) ** 2;
      total += sum;
    }
  }
  return total === 0 ? Infinity : 10 * Math.log10((width * height * planeCount) / total);
}
