import type { PixelImage } from "./pixel-image.js";
import type { Rect } from "./rect.js";

/** Samples that differ by no more than this share of the range count as one tone: a border saved as JPEG is not quite flat. */
const tolerance = 3 / 255;
/** What is left is at least this share of each side; a picture that is nearly all border is looked at whole. */
const leastShare = 1 / 4;

/**
 * The part of an image that shows something: without transparent margins and without borders of one tone. What judges a
 * photo looks at this part, since a frame or the empty surroundings of a cut-out say nothing about the photo.
 *
 * @param image - any image
 * @returns whole pixels inside the image; the whole image if it has no border, or hardly anything else
 */
export function contentRect(image: PixelImage): Rect {
  const { width, height, channels, data } = image;
  let [left, top, right, bottom] = [0, 0, width, height];
  const toneAt = (x: number, y: number): ArrayLike<number> =>
    data.subarray((y * width + x) * channels, (y * width + x + 1) * channels);
  const [above, below] = [toneAt(0, 0), toneAt(width - 1, height - 1)];
  const isRowEmpty = (y: number, tone: ArrayLike<number>): boolean =>
    isEmpty(image, tone, left, y, right - left, 1);
  const isColumnEmpty = (x: number, tone: ArrayLike<number>): boolean =>
    isEmpty(image, tone, x, top, 1, bottom - top);
  while (top < bottom - 1 && isRowEmpty(top, above)) top++;
  while (bottom - 1 > top && isRowEmpty(bottom - 1, below)) bottom--;
  const [before, behind] = [toneAt(left, top), toneAt(right - 1, top)];
  while (left < right - 1 && isColumnEmpty(left, before)) left++;
  while (right - 1 > left && isColumnEmpty(right - 1, behind)) right--;
  if (right - left < width * leastShare || bottom - top < height * leastShare) {
    return { x: 0, y: 0, width, height };
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Whether a row or column is transparent, or of one tone from end to end. */
function isEmpty(
  { data, channels, maximum, hasAlpha, width: imageWidth }: PixelImage,
  tone: ArrayLike<number>,
  x: number,
  y: number,
  width: number,
  height: number,
): boolean {
  const colors = hasAlpha ? channels - 1 : channels;
  const step = height === 1 ? channels : imageWidth * channels;
  const count = Math.max(width, height);
  let isTransparent = hasAlpha;
  let isFlat = true;
  for (
    let index = 0, at = (y * imageWidth + x) * channels;
    index < count && (isTransparent || isFlat);
    index++, at += step
  ) {
    if (hasAlpha && data[at + colors]! > 0) isTransparent = false;
    for (let color = 0; color < colors && isFlat; color++) {
      isFlat = Math.abs(data[at + color]! - tone[color]!) <= tolerance * maximum;
    }
  }
  return isTransparent || isFlat;
}
