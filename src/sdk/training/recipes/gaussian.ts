import type { Raster } from "./raster.js";
import { resample } from "./resample.js";

/** The widest Gaussian that is worth convolving with; a wider blur of a reduced picture is the same blur. */
const widest = 6;

/**
 * Blurs by a round Gaussian, cut off at four sigmas; outside the picture the nearest edge pixel is repeated.
 *
 * @param x - any channels; not changed
 * @param sigma - standard deviation in pixels; below 0.15 nothing happens
 * @returns a raster of the same size
 */
export function gaussian(x: Raster, sigma: number): Raster {
  if (sigma < 0.15) return x;
  if (sigma <= widest) return separable(x, sigma);
  const factor = sigma / 3;
  const columns = Math.max(2, Math.round(x.width / factor));
  const rows = Math.max(2, Math.round(x.height / factor));
  return resample(separable(resample(x, columns, rows, "area"), 2.8), x.width, x.height, "linear");
}

function separable({ width, height, channels, data }: Raster, sigma: number): Raster {
  const radius = Math.max(1, Math.round(4 * sigma));
  const weights = gaussianWeights(sigma, radius);
  const line = width * channels;
  const across = new Float32Array(data.length);
  const padded = new Float32Array(line + 2 * radius * channels);
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * line, (y + 1) * line);
    padded.set(row, radius * channels);
    for (let margin = 0; margin < radius; margin++) {
      padded.set(row.subarray(0, channels), margin * channels);
      padded.set(row.subarray(line - channels), padded.length - (margin + 1) * channels);
    }
    const out = across.subarray(y * line, (y + 1) * line);
    for (let tap = 0; tap < weights.length; tap++) addWeighted(out, padded, tap * channels, weights[tap]!);
  }
  const result = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    const out = result.subarray(y * line, (y + 1) * line);
    for (let tap = 0; tap < weights.length; tap++) {
      const row = Math.min(Math.max(y + tap - radius, 0), height - 1);
      addWeighted(out, across, row * line, weights[tap]!);
    }
  }
  return { width, height, channels, data: result };
}

/** Adds to a row another one, from some place on, times a weight. */
export function addWeighted(out: Float32Array, row: Float32Array, offset: number, weight: number): void {
  for (let index = 0; index < out.length; index++) out[index]! += weight * row[index + offset]!;
}

function gaussianWeights(sigma: number, radius: number): Float64Array {
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, index) =>
    Math.exp(-0.5 * ((index - radius) / sigma) ** 2),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
