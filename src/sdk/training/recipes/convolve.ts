import type { Kernel } from "./kernel.js";
import type { RgbImage } from "./rgb-image.js";

/** Weights below this share of the largest are left out: they change no 8-bit sample. */
const negligible = 1e-6;

/**
 * Convolves each channel of a picture with a kernel; outside the picture the nearest edge pixel is repeated.
 *
 * @param image - any size; not changed
 * @param kernel - symmetric about its centre
 * @returns a new picture of the same size
 */
export function convolve(image: RgbImage, kernel: Kernel): RgbImage {
  const { width, height, rgb } = image;
  const marginX = (kernel.width - 1) / 2;
  const marginY = (kernel.height - 1) / 2;
  const paddedLength = (width + 2 * marginX) * 3;
  // The last rows read, each with its margins; row y is in slot y % kernel.height.
  const rows = Array.from({ length: kernel.height }, () => new Float32Array(paddedLength));
  const load = (y: number): void => {
    const source = Math.min(Math.max(y, 0), height - 1) * width * 3;
    padRow(rgb.subarray(source, source + width * 3), marginX, rows[modulo(y, kernel.height)]!);
  };
  for (let y = -marginY; y < marginY; y++) load(y);
  const smallest = kernel.weights.reduce((largest, weight) => Math.max(largest, weight), 0) * negligible;
  const result = new Float32Array(rgb.length);
  for (let y = 0; y < height; y++) {
    load(y + marginY);
    const out = result.subarray(y * width * 3, (y + 1) * width * 3);
    for (let v = 0; v < kernel.height; v++) {
      const row = rows[modulo(y + v - marginY, kernel.height)]!;
      for (let u = 0; u < kernel.width; u++) {
        const weight = kernel.weights[v * kernel.width + u]!;
        if (weight > smallest) addWeighted(out, row, u * 3, weight);
      }
    }
  }
  return { width, height, rgb: result };
}

function addWeighted(out: Float32Array, row: Float32Array, offset: number, weight: number): void {
  for (let index = 0; index < out.length; index++) out[index]! += weight * row[index + offset]!;
}

function padRow(row: Float32Array, margin: number, out: Float32Array): void {
  out.set(row, margin * 3);
  for (let x = 0; x < margin; x++) {
    out.set(row.subarray(0, 3), x * 3);
    out.set(row.subarray(row.length - 3), out.length - (x + 1) * 3);
  }
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
