import { LimpidError } from "../base/index.js";
import { comparePlanes, type MetricOptions } from "./metric-planes.js";
import type { PixelImage } from "./pixel-image.js";

/** How structural similarity is measured. */
export interface SsimOptions extends MetricOptions {
  /**
   * The window in which local statistics are taken. `"gaussian"` (the default): 11x11, sigma 1.5, population covariance,
   * as in the original paper and BasicSR. `"uniform7"` and `"uniform11"`: equal weights and sample covariance, as
   * scikit-image's `structural_similarity` does with `win_size` 7 (its default) and 11.
   */
  readonly window?: "gaussian" | "uniform7" | "uniform11" | undefined;
}

/** Stabilising constants (K1 L)^2 and (K2 L)^2 for samples in 0..1. */
const c1 = 0.01 ** 2;
const c2 = 0.03 ** 2;

/** Local sums kept per pixel: a, b, a^2, b^2, a b. */
const statisticCount = 5;

/**
 * Mean structural similarity (Wang et al., Image Quality Assessment: From Error Visibility to Structural Similarity,
 * IEEE Transactions on Image Processing 13, 2004, equation 13), averaged over all windows that lie within the image and
 * over the colour channels. Alpha is ignored.
 *
 * @param a - one image
 * @param b - the other, of the same size
 * @param options - colour space, border and window
 * @returns at most 1, which equal images reach
 * @throws {@link LimpidError} `InvalidArgument` if the sizes differ or no window fits
 *
 * @example
 * ```ts
 * ssim(restored, clean); // as BasicSR
 * ssim(restored, clean, { window: "uniform7" }); // as scikit-image
 * ```
 */
export function ssim(a: PixelImage, b: PixelImage, options: SsimOptions = {}): number {
  const planes = comparePlanes(a, b, options);
  const { width, height, planeCount } = planes;
  const { weights, covarianceScale } = makeWindow(options.window ?? "gaussian");
  const size = weights.length;
  if (width < size || height < size) {
    throw new LimpidError(
      "InvalidArgument",
      `no ${size} x ${size} window fits in ${width} x ${height} pixels`,
      {
        details: { window: size, width, height },
      },
    );
  }
  const outWidth = width - size + 1;
  const rowA = new Float64Array(width);
  const rowB = new Float64Array(width);
  // The horizontally filtered statistics of the last `size` rows, the row y in slot y % size.
  const rows = Array.from({ length: size }, () => new Float64Array(outWidth * statisticCount));
  const sums = new Float64Array(outWidth * statisticCount);
  let total = 0;
  for (let plane = 0; plane < planeCount; plane++) {
    for (let y = 0; y < height; y++) {
      planes.read(plane, y, rowA, rowB);
      filterRow(rowA, rowB, weights, rows[y % size]!);
      if (y < size - 1) continue;
      sums.fill(0);
      for (let tap = 0; tap < size; tap++) {
        const row = rows[(y - size + 1 + tap) % size]!;
        const weight = weights[tap]!;
        for (let index = 0; index < sums.length; index++) sums[index]! += weight * row[index]!;
      }
      total += sumSimilarity(sums, covarianceScale);
    }
  }
  return total / (outWidth * (height - size + 1) * planeCount);
}

function makeWindow(name: "gaussian" | "uniform7" | "uniform11"): {
  weights: Float64Array;
  covarianceScale: number;
} {
  if (name === "gaussian") {
    const weights = Float64Array.from({ length: 11 }, (_, index) =>
      Math.exp(-((index - 5) ** 2) / (2 * 1.5 ** 2)),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { weights: weights.map((weight) => weight / total), covarianceScale: 1 };
  }
  const size = name === "uniform7" ? 7 : 11;
  const count = size * size;
  return { weights: new Float64Array(size).fill(1 / size), covarianceScale: count / (count - 1) };
}

function filterRow(a: Float64Array, b: Float64Array, weights: Float64Array, out: Float64Array): void {
  for (let x = 0, target = 0; target < out.length; x++, target += statisticCount) {
    let sumA = 0;
    let sumB = 0;
    let sumAA = 0;
    let sumBB = 0;
    let sumAB = 0;
    for (let tap = 0; tap < weights.length; tap++) {
      const weight = weights[tap]!;
      const valueA = a[x + tap]!;
      const valueB = b[x + tap]!;
      sumA += weight * valueA;
      sumB += weight * valueB;
      sumAA += weight * valueA * valueA;
      sumBB += weight * valueB * valueB;
      sumAB += weight * valueA * valueB;
    }
    out[target] = sumA;
    out[target + 1] = sumB;
    out[target + 2] = sumAA;
    out[target + 3] = sumBB;
    out[target + 4] = sumAB;
  }
}

function sumSimilarity(sums: Float64Array, covarianceScale: number): number {
  let total = 0;
  for (let index = 0; index < sums.length; index += statisticCount) {
    const meanA = sums[index]!;
    const meanB = sums[index + 1]!;
    const varianceA = covarianceScale * (sums[index + 2]! - meanA * meanA);
    const varianceB = covarianceScale * (sums[index + 3]! - meanB * meanB);
    const covariance = covarianceScale * (sums[index + 4]! - meanA * meanB);
    total +=
      ((2 * meanA * meanB + c1) * (2 * covariance + c2)) /
      ((meanA * meanA + meanB * meanB + c1) * (varianceA + varianceB + c2));
  }
  return total;
}
