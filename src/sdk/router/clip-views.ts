import { LimpidError } from "../base/index.js";
import { convertBitDepth, PixelImage, resizeBicubic } from "../image/index.js";

/** How many views of an image LoRA-IR's router takes: the whole image, and four windows of it. */
export const clipViewCount = 5;

/** Mean of CLIP's training images by channel, of values in 0..1. */
export const clipMean: readonly [number, number, number] = [0.48145466, 0.4578275, 0.40821073];

/** Standard deviation of CLIP's training images by channel, of values in 0..1. */
export const clipStandardDeviation: readonly [number, number, number] = [0.26862954, 0.26130258, 0.27577711];

/**
 * Takes the views of an image that LoRA-IR's router takes: view 0 is the whole image resized to a square; views 1 to 4
 * are the quadrants, in reading order, of the whole image resized to a square of twice the side. Both ignore the aspect
 * ratio. Alpha is ignored, grey repeated, other depths brought to 8 bits.
 *
 * @param image - any size
 * @param size - side of a view in pixels: the tower's `imageSize`, 336 as published
 * @returns [5, size, size, 3], normalised by CLIP's mean and standard deviation
 * @throws {@link LimpidError} `InvalidArgument` if `size` is not a positive integer
 */
export function clipViews(image: PixelImage, size: number): Float32Array {
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new LimpidError("InvalidArgument", `a view of ${size} x ${size} pixels`);
  }
  const rgb = opaqueRgb(image);
  const whole = resizeBicubic(rgb, size, size);
  const doubled = resizeBicubic(rgb, 2 * size, 2 * size);
  const views = new Float32Array(clipViewCount * size * size * 3);
  const view = (index: number): Float32Array => views.subarray(index * size * size * 3);
  normalizeWindow(whole, 0, 0, size, view(0));
  for (let index = 0; index < 4; index++) {
    const [x, y] = [(index % 2) * size, Math.floor(index / 2) * size];
    normalizeWindow(doubled, x, y, size, view(1 + index));
  }
  return views;
}

/** The image with 8 bits per sample in three channels. */
function opaqueRgb(image: PixelImage): PixelImage {
  const { width, height, channels, data } = convertBitDepth(image, 8);
  if (channels === 3) return new PixelImage({ width, height, channels, data });
  const rgb = new Uint8Array(width * height * 3);
  const green = channels < 3 ? 0 : 1;
  const blue = channels < 3 ? 0 : 2;
  for (let pixel = 0; pixel < width * height; pixel++) {
    const source = pixel * channels;
    rgb[pixel * 3] = data[source] ?? 0;
    rgb[pixel * 3 + 1] = data[source + green] ?? 0;
    rgb[pixel * 3 + 2] = data[source + blue] ?? 0;
  }
  return new PixelImage({ width, height, channels: 3, data: rgb });
}

/** Copies a square of an 8-bit RGB image as normalised floats. */
function normalizeWindow(image: PixelImage, x: number, y: number, size: number, out: Float32Array): void {
  const rowLength = size * 3;
  for (let row = 0; row < size; row++) {
    const source = ((y + row) * image.width + x) * 3;
    for (let index = 0; index < rowLength; index++) {
      const channel = (index % 3) as 0 | 1 | 2;
      const value = (image.data[source + index] ?? 0) / 255;
      out[row * rowLength + index] = (value - clipMean[channel]) / clipStandardDeviation[channel];
    }
  }
}
