import type { Rect } from "limpid";
import type { Size } from "./size.js";

/** Around what is looked at, so that the repair of it sees what the repair of the whole will see, in pixels. */
const margin = 24;

/** Most pixels a side of a spot: one tile, which needs no preparation. */
const longestSide = 768;

/** Photos up to so many times a spot are repaired whole at once. */
const gain = 2;

/** The part of a photo that is repaired first: the middle of what people look at. */
export function spotOf({ x, y, width, height }: Rect): Rect {
  const [across, down] = [Math.min(width, longestSide), Math.min(height, longestSide)];
  return { x: x + ((width - across) >> 1), y: y + ((height - down) >> 1), width: across, height: down };
}

/** Whether a spot is there much sooner than the whole would be. */
export function isWorthASpot(spot: Size, whole: Size): boolean {
  return spot.width * spot.height * gain < whole.width * whole.height;
}

/** A part with a margin, as far as the photo has one; and where it lies in that. */
export function withMargin(
  { x, y, width, height }: Rect,
  image: Size,
): { readonly part: Rect; readonly own: Rect } {
  const left = Math.max(0, x - margin);
  const top = Math.max(0, y - margin);
  const right = Math.min(image.width, x + width + margin);
  const bottom = Math.min(image.height, y + height + margin);
  return {
    part: { x: left, y: top, width: right - left, height: bottom - top },
    own: { x: x - left, y: y - top, width, height },
  };
}
