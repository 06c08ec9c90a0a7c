import type { PixelImage } from "./pixel-image.js";
import type { Rect } from "./rect.js";

/** Samples that differ by no more than this share of the range count as one tone: a border saved as JPEG is not quite flat. */
const tolerance = 3 / 255;
/** What is left is at least this share of each side; a picture that is nearly all border is looked at whole. */
const leastShare = 1 / 4;

/**
 * The part of an image that shows something: without borders of one tone, and of a cut-out a part that is hardly transparent. What
 * judges a photo looks at this part, since a frame or the empty surroundings of a cut-out say nothing about the photo.
 *
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
  return visibleRect(image, { x: left, y: top, width: right - left, height: bottom - top });
}

/** The visible share of a rectangle that shows enough. */
const enoughVisible = 0.95;
/** Alpha is looked at in so many places along a side at most. */
const samplesPerSide = 96;

/** Cuts off, again and again, the side of a rectangle that shows the least, until hardly anything of it is transparent. */
function visibleRect({ data, channels, maximum, hasAlpha, width: imageWidth }: PixelImage, rect: Rect): Rect {
  if (!hasAlpha) return rect;
  const columns = Math.min(samplesPerSide, rect.width);
  const rows = Math.min(samplesPerSide, rect.height);
  const place = (index: number, count: number, start: number, length: number): number =>
    start + Math.floor(((index + 0.5) * length) / count);
  const isVisible = (column: number, row: number): number => {
    const x = place(column, columns, rect.x, rect.width);
    const y = place(row, rows, rect.y, rect.height);
    return data[(y * imageWidth + x + 1) * channels - 1]! >= maximum / 2 ? 1 : 0;
  };
  // sums[row][column]: how many of the places above and to the left are visible.
  const sums = Array.from({ length: rows + 1 }, () => new Uint32Array(columns + 1));
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      sums[row + 1]![column + 1] =
        sums[row]![column + 1]! + sums[row + 1]![column]! - sums[row]![column]! + isVisible(column, row);
    }
  }
  const shareOf = (left: number, top: number, right: number, bottom: number): number =>
    (sums[bottom]![right]! - sums[top]![right]! - sums[bottom]![left]! + sums[top]![left]!) /
    ((right - left) * (bottom - top));
  let [left, top, right, bottom] = [0, 0, columns, rows];
  while (shareOf(left, top, right, bottom) < enoughVisible) {
    if (right - left <= columns * leastShare || bottom - top <= rows * leastShare) return rect;
    const shares = [
      shareOf(left, top, left + 1, bottom),
      shareOf(left, top, right, top + 1),
      shareOf(right - 1, top, right, bottom),
      shareOf(left, bottom - 1, right, bottom),
    ];
    const side = shares.indexOf(Math.min(...shares));
    if (side === 0) left++;
    else if (side === 1) top++;
    else if (side === 2) right--;
    else bottom--;
  }
  const edge = (index: number, count: number, length: number): number => Math.round((index * length) / count);
  const x = edge(left, columns, rect.width);
  const y = edge(top, rows, rect.height);
  return {
    x: rect.x + x,
    y: rect.y + y,
    width: edge(right, columns, rect.width) - x,
    height: edge(bottom, rows, rect.height) - y,
  };
}

/**
 * Whether everything that an image shows is of one tone, so that there is nothing in it to judge or to repair.
 *
 * @param image - any image; what is transparent does not count
 */
export function isOneTone({ data, channels, maximum, hasAlpha }: PixelImage): boolean {
  const colors = hasAlpha ? channels - 1 : channels;
  const [least, most] = [new Array<number>(colors).fill(Infinity), new Array<number>(colors).fill(-Infinity)];
  for (let at = 0; at < data.length; at += channels) {
    if (hasAlpha && data[at + colors] === 0) continue;
    for (let color = 0; color < colors; color++) {
      const value = data[at + color]!;
      if (value < least[color]!) least[color] = value;
      if (value > most[color]!) most[color] = value;
      if (most[color]! - least[color]! > tolerance * maximum) return false;
    }
  }
  return true;
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
