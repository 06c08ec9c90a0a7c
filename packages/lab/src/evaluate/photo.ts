import { readImageFile } from "../../../cli/src/files/index.js";
import { LimpidError } from "../../../../src/sdk/base/index.js";
import { crop, PixelImage, readRgb, writeRgb } from "../../../../src/sdk/image/index.js";

/** Smallest side that the windows of SSIM fit in. */
export const minimumSide = 11;

/**
 * Reads a photo as the protocol has it: 8-bit RGB, alpha left out.
 *
 * @param path - the file
 * @param signal - gives up when it fires
 * @throws {@link LimpidError} `UnsupportedImage` if it is too small to compare, and what reading throws
 */
export async function readPhoto(path: string, signal: AbortSignal): Promise<PixelImage> {
  const { image } = await readImageFile(path, { signal });
  const { width, height, colorSpace, iccProfile, isGray } = image;
  if (width < minimumSide || height < minimumSide) {
    throw new LimpidError(
      "UnsupportedImage",
      `${path}: ${width} x ${height} is too small to compare, which takes ${minimumSide} x ${minimumSide}`,
      { details: { width, height } },
    );
  }
  const rect = { x: 0, y: 0, width, height };
  const size = { width, height, channels: 3, data: new Uint8Array(width * height * 3) } as const;
  const photo = new PixelImage(isGray ? size : { ...size, colorSpace, iccProfile });
  writeRgb(photo, rect, readRgb(image, rect));
  return photo;
}

/**
 * The square in the middle of an image, or as much of it as there is.
 *
 * @param image - any image
 * @param side - of the square, in pixels; all of it if undefined
 */
export function middleOf(image: PixelImage, side: number | undefined): PixelImage {
  if (side === undefined || (image.width <= side && image.height <= side)) return image;
  const width = Math.min(side, image.width);
  const height = Math.min(side, image.height);
  return crop(image, {
    x: Math.floor((image.width - width) / 2),
    y: Math.floor((image.height - height) / 2),
    width,
    height,
  });
}
