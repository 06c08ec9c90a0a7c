import type { Rect } from "../image/index.js";
import type { FeatureMap } from "./convolution-stack.js";

/** RGB, and RGB less its 3x3 mean. */
export const inputChannels = 6;
/** Added to the variance before the root, as in training. */
const varianceEpsilon = 1e-5;

/**
 * What an encoder is given of a view: its pixels about zero, and beside them what a 3x3 mean takes away. Noise, blocking and
 * blur live there.
 *
 * @param pixels - [height, width, 3] in 0..1
 * @param height - in pixels
 * @param width - in pixels
 */
export function withDetail(pixels: Float32Array, height: number, width: number): FeatureMap {
  const values = new Float32Array(height * width * inputChannels);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = [Math.max(y - 1, 0), Math.min(y + 1, height - 1)];
    for (let x = 0; x < width; x++) {
      const [left, right] = [Math.max(x - 1, 0), Math.min(x + 1, width - 1)];
      const count = (bottom - top + 1) * (right - left + 1);
      const at = (y * width + x) * inputChannels;
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let row = top; row <= bottom; row++) {
          for (let column = left; column <= right; column++)
            sum += pixels[(row * width + column) * 3 + channel]!;
        }
        const value = pixels[(y * width + x) * 3 + channel]!;
        values[at + channel] = (value - 0.5) * 4;
        values[at + 3 + channel] = (value - sum / count) * 20;
      }
    }
  }
  return { height, width, channels: inputChannels, values };
}

/**
 * Mean, deviation and maximum of each channel.
 *
 * @param part - cells of the map; all of them if left out
 * @returns [3 * channels]
 */
export function poolCells(
  { width, height, channels, values }: FeatureMap,
  part: Rect = { x: 0, y: 0, width, height },
): Float32Array {
  const pooled = new Float32Array(3 * channels);
  const cells = part.width * part.height;
  for (let channel = 0; channel < channels; channel++) {
    let [sum, greatest] = [0, -Infinity];
    const visit = (look: (value: number) => void): void => {
      for (let y = part.y; y < part.y + part.height; y++) {
        for (let x = part.x; x < part.x + part.width; x++)
          look(values[(y * width + x) * channels + channel]!);
      }
    };
    visit((value) => {
      sum += value;
      greatest = Math.max(greatest, value);
    });
    const mean = sum / cells;
    let squares = 0;
    visit((value) => (squares += (value - mean) ** 2));
    pooled[channel] = mean;
    pooled[channels + channel] = Math.sqrt(squares / cells + varianceEpsilon);
    pooled[2 * channels + channel] = greatest;
  }
  return pooled;
}
