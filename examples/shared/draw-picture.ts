import type { ZoomTransform } from "d3-zoom";
import type { Rect } from "limpid";
import { intersect, type Picture } from "./picture.js";
import { density } from "./viewport.js";

/** What is drawn on. */
export type Context2D = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** Where a photo lies on a canvas: its origin in pixels of the screen, and how many of them one of its pixels takes. */
export interface Placement {
  readonly level: number;
  readonly x: number;
  readonly y: number;
}

/** Makes a canvas as fine as the screen, if it is not, and clears it. */
export function clearToScreen(context: CanvasRenderingContext2D): void {
  const { canvas } = context;
  const scale = density();
  const width = Math.max(1, Math.round(canvas.clientWidth * scale));
  const height = Math.max(1, Math.round(canvas.clientHeight * scale));
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  context.resetTransform();
  context.clearRect(0, 0, width, height);
}

/**
 * Where a photo lies on such a canvas. From 100 % on its pixels begin at pixels of the screen.
 *
 * @param transform - from pixels of the photo to CSS pixels of its pane
 * @param origin - column of the canvas at which the pane begins
 */
export function placeOf({ x, y, k }: ZoomTransform, origin = 0): Placement {
  const scale = density();
  const level = k * scale;
  const begin = (value: number): number => (level >= 1 ? Math.round(value * scale) : value * scale);
  return { level, x: origin + begin(x), y: begin(y) };
}

/**
 * Draws a part of a picture.
 *
 * @param context - in pixels of the screen
 * @param seen - the part, in pixels of the photo
 */
export function drawPicture(context: Context2D, picture: Picture, place: Placement, seen: Rect): void {
  for (const piece of picture.pieces(place.level)) {
    const part = intersect(piece, seen);
    if (part.width === 0 || part.height === 0) continue;
    const across = piece.source.width / piece.width;
    const down = piece.source.height / piece.height;
    const [left, right] = edges(part.x, part.width, piece.x, piece.width, place.x, place.level);
    const [top, bottom] = edges(part.y, part.height, piece.y, piece.height, place.y, place.level);
    context.drawImage(
      piece.source,
      (part.x - piece.x) * across,
      (part.y - piece.y) * down,
      part.width * across,
      part.height * down,
      left,
      top,
      right - left,
      bottom - top,
    );
  }
}

/** Both ends of a part on the canvas. Where pieces meet they end at whole pixels, or a line would show between them. */
function edges(
  start: number,
  length: number,
  pieceStart: number,
  pieceLength: number,
  origin: number,
  level: number,
): readonly [number, number] {
  const from = origin + start * level;
  const to = origin + (start + length) * level;
  return [
    start === pieceStart ? Math.round(from) : from,
    start + length === pieceStart + pieceLength ? Math.round(to) : to,
  ];
}
