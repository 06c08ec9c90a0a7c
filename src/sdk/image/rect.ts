import { LimpidError } from "../base/index.js";

/** A rectangle of pixels. `x` and `y` are its first column and row; it may reach past the image it refers to. */
export interface Rect {
  /** First column, in pixels from the left edge of the image; may be negative. */
  readonly x: number;
  /** First row, in pixels from the top edge of the image; may be negative. */
  readonly y: number;
  /** Number of columns; a positive integer. */
  readonly width: number;
  /** Number of rows; a positive integer. */
  readonly height: number;
}

/** Refuses a rectangle whose corner is not on whole pixels or that holds no pixel. */
export function checkRect(rect: Rect): void {
  const { x, y, width, height } = rect;
  if (
    !Number.isSafeInteger(x) ||
    !Number.isSafeInteger(y) ||
    !Number.isSafeInteger(width) ||
    !Number.isSafeInteger(height) ||
    width < 1 ||
    height < 1
  ) {
    throw new LimpidError(
      "InvalidArgument",
      `rectangle x=${x} y=${y} width=${width} height=${height} is not a non-empty rectangle of whole pixels`,
      { details: { x, y, width, height } },
    );
  }
}
