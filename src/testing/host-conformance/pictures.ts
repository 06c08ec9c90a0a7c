import { PixelImage, type ChannelCount, type ColorSpace } from "../../sdk/image/index.js";

/** A picture in which every pixel differs from its neighbours, the same on every call. */
export function makePicture(
  width: number,
  height: number,
  options: { channels?: ChannelCount; bitDepth?: 8 | 16; colorSpace?: ColorSpace } = {},
): PixelImage {
  const { channels = 3, bitDepth = 8, colorSpace = "srgb" } = options;
  const length = width * height * channels;
  const data = bitDepth === 8 ? new Uint8Array(length) : new Uint16Array(length);
  let state = 1;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[index] = state >>> (bitDepth === 8 ? 24 : 16);
  }
  return new PixelImage({ width, height, channels, data, colorSpace });
}

/** Widths and heights of single pixels, rows and columns. */
export const thinSizes: readonly (readonly [width: number, height: number])[] = [
  [1, 1],
  [7, 1],
  [1, 9],
];

/** 16 x 16 pixels, one for each alpha from 0 to 255, with a colour under all of them. */
export function makeAlphaRamp(): PixelImage {
  const data = new Uint8Array(256 * 4);
  for (let alpha = 0; alpha < 256; alpha++) data.set([200, 100, 50, alpha], alpha * 4);
  return new PixelImage({ width: 16, height: 16, channels: 4, data });
}

/** The negative; alpha stays. What the checks take for a restoration. */
export function invert(image: PixelImage): PixelImage {
  const result = image.clone();
  const { channels, data, maximum, hasAlpha } = result;
  for (let index = 0; index < data.length; index++) {
    if (hasAlpha && index % channels === channels - 1) continue;
    data[index] = maximum - data[index]!;
  }
  return result;
}

/** Each pixel as a block of `factor` x `factor`. */
export function enlarge(image: PixelImage, factor: number): PixelImage {
  const { width, height, channels } = image;
  const data = new Uint8Array(width * height * factor * factor * channels);
  for (let y = 0, target = 0; y < height * factor; y++) {
    for (let x = 0; x < width * factor; x++) {
      const source = (Math.floor(y / factor) * width + Math.floor(x / factor)) * channels;
      for (let channel = 0; channel < channels; channel++) data[target++] = image.data[source + channel]!;
    }
  }
  return new PixelImage({ ...image, width: width * factor, height: height * factor, data });
}
