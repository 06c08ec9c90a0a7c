import type { Placement, Transform } from "../../sdk/host/index.js";
import type { Rect } from "../../sdk/image/index.js";
import { toFigmaMatrix } from "./fill-placement.js";
import type { NodeFrame, PlacedTile } from "./protocol.js";

/** One part of a result, and where it belongs. */
export interface ResultTile {
  /** Its pixels, in those of the result. */
  readonly source: Rect;
  /** Where it stands in the frame around all of them, and what of it is shown. */
  readonly place: Omit<PlacedTile, "image">;
}

/** A result cut up. */
export interface TiledResult {
  /** The rectangle that the shown part of the result fills. */
  readonly frame: NodeFrame;
  /** Its parts in reading order; each is at most `maximumSide` long. Together they show what is shown exactly once. */
  readonly tiles: readonly ResultTile[];
}

/**
 * Cuts a result into parts that Figma takes. Parts that are not shown are left out.
 *
 * @param placement - of the result: of its size
 * @param maximumSide - longest side of a part, in pixels
 * @returns the parts, and where they stand
 */
export function cutResult(placement: Placement, maximumSide: number): TiledResult {
  const { naturalWidth, naturalHeight, crop, transform } = placement;
  const shown = crop ?? { x: 0, y: 0, width: naturalWidth, height: naturalHeight };
  const { horizontal, vertical, frame } = frameOf(shown, transform);
  const tiles: ResultTile[] = [];
  for (const [top, bottom] of parts(naturalHeight, maximumSide)) {
    for (const [left, right] of parts(naturalWidth, maximumSide)) {
      const [x, y] = [Math.max(left, shown.x), Math.max(top, shown.y)];
      const width = Math.min(right, shown.x + shown.width) - x;
      const height = Math.min(bottom, shown.y + shown.height) - y;
      if (width <= 0 || height <= 0) continue;
      const source = { x: left, y: top, width: right - left, height: bottom - top };
      tiles.push({
        source,
        place: {
          x: (x - shown.x) * horizontal,
          y: (y - shown.y) * vertical,
          width: width * horizontal,
          height: height * vertical,
          shown: {
            x: (x - left) / source.width,
            y: (y - top) / source.height,
            width: width / source.width,
            height: height / source.height,
          },
        },
      });
    }
  }
  return { frame, tiles };
}

/** Figma's transforms do not scale: lengths are a layer's own. */
function frameOf(
  { width, height }: Rect,
  [a, b, c, d, e, f]: Transform,
): { horizontal: number; vertical: number; frame: NodeFrame } {
  const horizontal = Math.hypot(a, b);
  const vertical = Math.hypot(c, d);
  const unscaled: Transform = [a / horizontal, b / horizontal, c / vertical, d / vertical, e, f];
  return {
    horizontal,
    vertical,
    frame: { width: width * horizontal, height: height * vertical, transform: toFigmaMatrix(unscaled) },
  };
}

/** As few parts as will do, as equal as whole pixels allow. */
function parts(length: number, maximum: number): [number, number][] {
  const count = Math.max(1, Math.ceil(length / maximum));
  const edge = (index: number): number => Math.round((index * length) / count);
  return Array.from({ length: count }, (_, index) => [edge(index), edge(index + 1)]);
}
