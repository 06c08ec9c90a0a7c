import { convertBitDepth, crop, type PixelImage } from "../image/index.js";

/** Samples as canvases take and give them: 8-bit RGBA with straight alpha. */
export type Rgba = Uint8ClampedArray<ArrayBuffer>;

/**
 * Rows of an image as canvases take them.
 *
 * @param image - any image
 * @param top - the first row
 * @param rows - how many; all if left out
 * @returns the image's own samples if they are 8-bit RGBA, else others
 */
export function rgbaOf(image: PixelImage, top = 0, rows = image.height): Rgba {
  const { width, channels, isGray, hasAlpha, bitDepth } = image;
  if (channels === 4 && bitDepth === 8) {
    const { buffer, byteOffset } = image.data;
    return new Uint8ClampedArray(buffer as ArrayBuffer, byteOffset + top * width * 4, rows * width * 4);
  }
  const band = rows === image.height ? image : crop(image, { x: 0, y: top, width, height: rows });
  const { data } = convertBitDepth(band, 8);
  const rgba = new Uint8ClampedArray(rows * width * 4);
  const [green, blue] = isGray ? [0, 0] : [1, 2];
  for (let source = 0, index = 0; index < rgba.length; source += channels, index += 4) {
    rgba[index] = data[source]!;
    rgba[index + 1] = data[source + green]!;
    rgba[index + 2] = data[source + blue]!;
    rgba[index + 3] = hasAlpha ? data[source + channels - 1]! : 255;
  }
  return rgba;
}
