import { LimpidError } from "../base/index.js";
import { allocateSamples, PixelImage } from "./pixel-image.js";
import { checkRect, type Rect } from "./rect.js";

/**
 * Copies a rectangle out of an image; bit depth, alpha and colour space stay.
 *
 * @param image - the image to cut from
 * @param rect - the area to keep; must lie within the image
 * @returns an image of `rect.width` x `rect.height` with samples of its own
 * @throws {@link LimpidError} `InvalidArgument` if `rect` is empty, not on whole pixels or reaches outside the image
 */
export function crop(image: PixelImage, rect: Rect): PixelImage {
  checkRect(rect);
  if (rect.x < 0 || rect.y < 0 || rect.x + rect.width > image.width || rect.y + rect.height > image.height) {
    throw new LimpidError(
      "InvalidArgument",
      `rectangle x=${rect.x} y=${rect.y} width=${rect.width} height=${rect.height} reaches outside an image of ` +
        `${image.width} x ${image.height}`,
      { details: { rect: { ...rect }, width: image.width, height: image.height } },
    );
  }
  const rowLength = rect.width * image.channels;
  const data = allocateSamples(image.bitDepth, rowLength * rect.height);
  for (let row = 0; row < rect.height; row++) {
    const start = ((rect.y + row) * image.width + rect.x) * image.channels;
    data.set(image.data.subarray(start, start + rowLength), row * rowLength);
  }
  return new PixelImage({ ...image, width: rect.width, height: rect.height, data });
}
