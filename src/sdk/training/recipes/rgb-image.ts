import { convertBitDepth, PixelImage, readRgb } from "../../image/index.js";

/** A picture on its way through the recipes: floats, whatever the image's own format is. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3], row-major, sRGB-coded, 0..1; a recipe may leave values outside, which are clipped after it. */
  readonly rgb: Float32Array;
}

/** The colours of an image as floats: grey repeated to three channels, alpha left out. */
export function toRgbImage(image: PixelImage): RgbImage {
  const { width, height } = image;
  return { width, height, rgb: readRgb(image, { x: 0, y: 0, width, height }) };
}

/**
 * Rounds a picture to 8 bits.
 *
 * @param picture - floats; clipped to 0..1
 * @param original - what the picture was made from: its alpha is kept, and its colour space if it had colour
 * @returns 8-bit RGB, with alpha if the original has it
 */
export function toPixelImage({ width, height, rgb }: RgbImage, original: PixelImage): PixelImage {
  const channels = original.hasAlpha ? 4 : 3;
  const data = new Uint8Array(width * height * channels);
  for (let source = 0, target = 0; source < rgb.length; source += 3, target += channels) {
    for (let channel = 0; channel < 3; channel++) data[target + channel] = toByte(rgb[source + channel]!);
  }
  if (original.hasAlpha) copyAlpha(convertBitDepth(original, 8), data);
  if (original.isGray) return new PixelImage({ width, height, channels, data });
  const { colorSpace, iccProfile } = original;
  return new PixelImage({ width, height, channels, data, colorSpace, iccProfile });
}

/** Clips a sample to 0..1 and rounds it to 0..255. */
function toByte(value: number): number {
  return value > 0 ? (value < 1 ? (value * 255 + 0.5) | 0 : 255) : 0;
}

/** Copies the last channel of one 8-bit image into the fourth of another. */
function copyAlpha({ data, channels }: PixelImage, target: Uint8Array): void {
  for (let from = channels - 1, to = 3; to < target.length; from += channels, to += 4)
    target[to] = data[from]!;
}
