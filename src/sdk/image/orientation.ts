import { LimpidError } from "../base/index.js";
import { allocateSamples, PixelImage } from "./pixel-image.js";

/**
 * How a camera held the scene, as the EXIF tag Orientation (0x0112) says: 1 upright, 2 mirrored left to right, 3 turned
 * by 180 degrees, 4 mirrored top to bottom, 5 transposed, 6 to be turned by 90 degrees clockwise, 7 transposed across
 * the other diagonal, 8 to be turned by 90 degrees counter-clockwise.
 */
export type ExifOrientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** Side of the squares in which pixels are moved, so that reading and writing both stay within the caches. */
const blockSize = 64;

/**
 * Turns and mirrors stored pixels so that the image stands upright. Pixels are moved, never interpolated.
 *
 * @param image - the image as stored
 * @param exifOrientation - the EXIF orientation that it was stored with
 * @returns the upright image, with width and height swapped for 5 to 8; `image` itself for 1
 * @throws {@link LimpidError} `InvalidArgument` if the orientation is not 1 to 8
 */
export function applyOrientation(image: PixelImage, exifOrientation: ExifOrientation): PixelImage {
  if (!Number.isInteger(exifOrientation) || exifOrientation < 1 || exifOrientation > 8) {
    throw new LimpidError(
      "InvalidArgument",
      `EXIF orientation ${String(exifOrientation)} is not an integer from 1 to 8`,
      { details: { exifOrientation } },
    );
  }
  if (exifOrientation === 1) return image;
  const { width, height, channels, data } = image;
  const isTransposed = exifOrientation >= 5;
  const fromRight = [2, 3, 7, 8].includes(exifOrientation);
  const fromBottom = [3, 4, 6, 7].includes(exifOrientation);

  // Where the upright image's pixel (x, y) is stored: origin + x * columnStep + y * rowStep.
  const origin = ((fromBottom ? height - 1 : 0) * width + (fromRight ? width - 1 : 0)) * channels;
  const alongWidth = (fromRight ? -1 : 1) * channels;
  const alongHeight = (fromBottom ? -1 : 1) * width * channels;
  const columnStep = isTransposed ? alongHeight : alongWidth;
  const rowStep = isTransposed ? alongWidth : alongHeight;
  const uprightWidth = isTransposed ? height : width;
  const uprightHeight = isTransposed ? width : height;

  const upright = allocateSamples(image.bitDepth, data.length);
  for (let top = 0; top < uprightHeight; top += blockSize) {
    const bottom = Math.min(top + blockSize, uprightHeight);
    for (let left = 0; left < uprightWidth; left += blockSize) {
      const right = Math.min(left + blockSize, uprightWidth);
      for (let y = top; y < bottom; y++) {
        let target = (y * uprightWidth + left) * channels;
        let source = origin + left * columnStep + y * rowStep;
        for (let x = left; x < right; x++, source += columnStep) {
          for (let channel = 0; channel < channels; channel++) upright[target++] = data[source + channel]!;
        }
      }
    }
  }
  return new PixelImage({ ...image, width: uprightWidth, height: uprightHeight, data: upright });
}
