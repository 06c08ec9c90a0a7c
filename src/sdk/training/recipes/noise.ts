import type { PixelImage } from "../../image/index.js";
import { convolve } from "./convolve.js";
import { norm, separateGaussian } from "./kernel.js";
import { RandomSource } from "./random-source.js";
import { lerp, type Recipe } from "./recipe.js";
import { toPixelImage, toRgbImage, type RgbImage } from "./rgb-image.js";

/**
 * Sensor noise of sigma 5 to 55 (in 255ths). Six times in ten it is white and Gaussian, y = x + sigma n; else, as often as
 * each other,
 * - Poisson noise in its Gaussian limit, y = x + sigma sqrt(2 x) n, whose variance is the signal's and sigma^2 at mid grey;
 * - a mixture of both, y = x + 0.7 sigma sqrt(2 x) n1 + 0.7 sigma n2;
 * - noise as it is after demosaicing: spread over neighbouring pixels by a Gaussian of 0.45 to 0.9 px, and partly common
 *   to the three channels, at the same variance.
 */
export const noise: Recipe = {
  degradation: "noise",
  kinds: ["gaussian", "poisson", "mixed", "correlated"],
  apply(image, severity, source, kind) {
    const sigma = lerp(5, 55, severity) / 255;
    switch (kind ?? (source.chance(0.6) ? "gaussian" : source.choice(["poisson", "mixed", "correlated"]))) {
      case "poisson":
        return photon(image, sigma, source);
      case "mixed":
        return gaussian(photon(image, 0.7 * sigma, source), 0.7 * sigma, source);
      case "correlated":
        return correlated(image, sigma, source);
      default:
        return gaussian(image, sigma, source);
    }
  },
};

/**
 * Adds white Gaussian noise of an exact strength, clipped and rounded to 8 bits: y = round(clip(255 x + sigma n)), as in
 * the usual benchmarks of denoising (clipping costs the noise some of its energy: on natural photos sigma 25 leaves
 * 20.4 dB, not 20.17).
 *
 * @param image - any image; not changed
 * @param sigma - standard deviation, in 255ths
 * @param seed - a safe integer; the same seed gives the same noise
 * @returns 8-bit RGB, with the image's alpha if it has one
 * @throws {@link LimpidError} `InvalidArgument` for a seed that is not a safe integer
 */
export function addGaussianNoise(image: PixelImage, sigma: number, seed: number): PixelImage {
  return toPixelImage(gaussian(toRgbImage(image), sigma / 255, new RandomSource(seed)), image);
}

function gaussian({ rgb, ...size }: RgbImage, sigma: number, source: RandomSource): RgbImage {
  return { ...size, rgb: rgb.map((value) => value + sigma * source.normal()) };
}

function photon({ rgb, ...size }: RgbImage, sigma: number, source: RandomSource): RgbImage {
  return {
    ...size,
    rgb: rgb.map((value) => value + sigma * Math.sqrt(2 * Math.max(value, 1e-4)) * source.normal()),
  };
}

function correlated({ rgb, ...size }: RgbImage, sigma: number, source: RandomSource): RgbImage {
  const { row, column } = separateGaussian(source.uniform(0.45, 0.9));
  const share = source.uniform(0.2, 0.8);
  const white = { ...size, rgb: source.normals(rgb.length) };
  const { rgb: spread } = convolve(convolve(white, row), column);
  const gain = sigma / (norm(row) * norm(column));
  const own = gain * Math.sqrt(1 - share);
  const common = (gain * Math.sqrt(share)) / Math.sqrt(3); // the mean of three has a third of the variance
  const noisy = new Float32Array(rgb.length);
  for (let index = 0; index < rgb.length; index += 3) {
    const luma = common * (spread[index]! + spread[index + 1]! + spread[index + 2]!);
    for (let channel = index; channel < index + 3; channel++) {
      noisy[channel] = rgb[channel]! + own * spread[channel]! + luma;
    }
  }
  return { ...size, rgb: noisy };
}
