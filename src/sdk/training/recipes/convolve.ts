import { addWeighted } from "./gaussian.js";
import type { Kernel } from "./kernel.js";
import type { Raster } from "./raster.js";

/** Weights below this share of the largest are left out: they change no 8-bit sample. */
const negligible = 1e-4;

/** Below this share of pixels that are not zero it costs less to stamp the kernel at each of them. */
const sparse = 0.05;

/**
 * Lays a kernel over each pixel and adds up what is under it; outside the picture the nearest edge pixel is repeated.
 *
 * @param x - any channels; not changed
 * @param kernel - its weights that are not negligible are what it costs; for a raster of one channel that is zero nearly
 * everywhere, only the others count
 * @returns a new raster of the same size
 */
export function convolve(x: Raster, kernel: Kernel): Raster {
  const data = x.channels === 1 && isSparse(x.data) ? stamped(x, kernel) : dense(x, kernel);
  return { ...x, data };
}

function isSparse(data: Float32Array): boolean {
  let count = 0;
  for (let index = 0; index < data.length; index++) if (data[index] !== 0) count++;
  return count < sparse * data.length;
}

function dense({ width, height, channels, data }: Raster, kernel: Kernel): Float32Array {
  const { size, weights } = kernel;
  const margin = (size - 1) / 2;
  const line = width * channels;
  // The last rows read, each with its margins; row y is in slot y % size.
  const rows = Array.from({ length: size }, () => new Float32Array(line + 2 * margin * channels));
  const slotOf = (y: number): Float32Array => rows[(y + margin) % size]!;
  const load = (y: number): void => {
    const source = Math.min(Math.max(y, 0), height - 1) * line;
    padRow(data.subarray(source, source + line), channels, margin, slotOf(y));
  };
  for (let y = -margin; y < margin; y++) load(y);
  const smallest = smallestOf(kernel);
  const result = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    load(y + margin);
    const out = result.subarray(y * line, (y + 1) * line);
    for (let v = 0; v < size; v++) {
      const row = slotOf(y + v - margin);
      for (let u = 0; u < size; u++) {
        const weight = weights[v * size + u]!;
        if (weight > smallest) addWeighted(out, row, u * channels, weight);
      }
    }
  }
  return result;
}

function padRow(row: Float32Array, channels: number, margin: number, out: Float32Array): void {
  out.set(row, margin * channels);
  for (let x = 0; x < margin; x++) {
    out.set(row.subarray(0, channels), x * channels);
    out.set(row.subarray(row.length - channels), out.length - (x + 1) * channels);
  }
}

function stamped({ width, height, data }: Raster, kernel: Kernel): Float32Array {
  const { size, weights } = kernel;
  const margin = (size - 1) / 2;
  const smallest = smallestOf(kernel);
  const result = new Float32Array(data.length);
  const stamp = (centerX: number, centerY: number, value: number): void => {
    for (let v = 0; v < size; v++) {
      const y = centerY + margin - v;
      if (y < 0 || y >= height) continue;
      for (let u = 0; u < size; u++) {
        const x = centerX + margin - u;
        const weight = weights[v * size + u]!;
        if (x >= 0 && x < width && weight > smallest) result[y * width + x]! += value * weight;
      }
    }
  };
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      const value = data[pixel]!;
      if (value === 0) continue;
      // A pixel of the edge stands for those outside that repeat it.
      const lastX = x === width - 1 ? x + margin : x;
      const lastY = y === height - 1 ? y + margin : y;
      for (let row = y === 0 ? -margin : y; row <= lastY; row++) {
        for (let column = x === 0 ? -margin : x; column <= lastX; column++) stamp(column, row, value);
      }
    }
  }
  return result;
}

function smallestOf({ weights }: Kernel): number {
  return weights.reduce((largest, weight) => Math.max(largest, weight), 0) * negligible;
}
