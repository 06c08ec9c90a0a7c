import { convertBitDepth, PixelImage, resizeBicubic, type Rect } from "../image/index.js";

/**
 * The mask of a selected rectangle.
 *
 * @param width - of the image, in pixels
 * @param height - of the image, in pixels
 * @param rect - what is selected; what lies outside the image is left away
 * @returns 8-bit grey, 255 inside
 */
export function maskOfRect(width: number, height: number, rect: Rect): PixelImage {
  const data = new Uint8Array(width * height);
  const left = Math.max(0, Math.round(rect.x));
  const right = Math.min(width, Math.round(rect.x + rect.width));
  const bottom = Math.min(height, Math.round(rect.y + rect.height));
  for (let y = Math.max(0, Math.round(rect.y)); y < bottom && left < right; y++) {
    data.fill(255, y * width + left, y * width + right);
  }
  return new PixelImage({ width, height, channels: 1, data });
}

/**
 * The smallest rectangle that holds everything that is selected.
 *
 * @param mask - grey
 * @returns the rectangle; undefined if nothing is selected
 */
export function boundsOfMask({ width, height, channels, data }: PixelImage): Rect | undefined {
  let left = width;
  let right = -1;
  let top = height;
  let bottom = -1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!(data[(y * width + x) * channels]! > 0)) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  if (bottom < 0) return undefined;
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/**
 * A mask for a result of another size.
 *
 * @param mask - grey
 * @param width - of the result, in pixels
 * @param height - of the result, in pixels
 * @returns a mask of that size; `mask` itself if it has it
 */
export function resizeMask(mask: PixelImage, width: number, height: number): PixelImage {
  if (mask.width === width && mask.height === height) return mask;
  return resizeBicubic(convertBitDepth(mask, 8), width, height);
}
