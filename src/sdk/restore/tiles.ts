import { LimpidError } from "../base/index.js";
import type { Rect } from "../image/index.js";

/** Where one tile reads from and where its result belongs, in image pixels. */
export interface Tile {
  /** The area to restore, with its margin; past the right and bottom edge of the image, where pixels are replicated. */
  readonly source: Rect;
  /** The part of the result that is this tile's own. The kept parts of all tiles cover the area exactly once. */
  readonly keep: Rect;
}

/** All tiles of an area. */
export interface TilePlan {
  /** The area that the kept parts cover: the one asked for, grown to multiples of the stride. */
  readonly area: Rect;
  /** The tiles by rows, each row from left to right. Every source has the same size. */
  readonly rows: readonly (readonly Tile[])[];
  /** How many tiles there are. */
  readonly count: number;
}

/** What {@link planTiles} needs to know. */
export interface TilePlanOptions {
  /** Image width in pixels. */
  readonly width: number;
  /** Image height in pixels. */
  readonly height: number;
  /** What to restore; the whole image if left out. */
  readonly region?: Rect;
  /** Side of the kept rectangles in pixels, at most; a positive multiple of the stride. */
  readonly size: number;
  /** Context read around a kept square in pixels; a multiple of the stride. */
  readonly margin: number;
  /** The backbone's stride in pixels. */
  readonly stride: number;
}

/**
 * Cuts an area into tiles whose sources all have one shape, so that every tile reuses the same buffers. Sources start
 * at multiples of the stride, where the network's grid lies in an untiled run too, and stay inside the image, grown to a
 * multiple of the stride: at the image's own edges no context is invented. Tiles are as few as the size allows, and then as
 * even as the stride allows, the last of a row a little smaller at most.
 *
 * @param options - sizes
 * @returns the plan
 * @throws {@link LimpidError} `InvalidTileSize` if the size is not a positive multiple of the stride
 */
export function planTiles(options: TilePlanOptions): TilePlan {
  const { width, height, size, margin, stride } = options;
  if (!Number.isSafeInteger(size) || size <= 0 || size % stride !== 0) {
    throw new LimpidError("InvalidTileSize", `tile size ${size} is not a positive multiple of ${stride}`, {
      details: { size, stride },
    });
  }
  const region = options.region ?? { x: 0, y: 0, width, height };
  const columns = cutSide(region.x, region.x + region.width, width, size, margin, stride);
  const lines = cutSide(region.y, region.y + region.height, height, size, margin, stride);
  const rows = lines.map((line) =>
    columns.map((column) => ({
      source: { x: column.source, y: line.source, width: column.extent, height: line.extent },
      keep: { x: column.start, y: line.start, width: column.length, height: line.length },
    })),
  );
  const [first, last] = [rows[0]![0]!.keep, rows.at(-1)!.at(-1)!.keep];
  return {
    area: {
      x: first.x,
      y: first.y,
      width: last.x + last.width - first.x,
      height: last.y + last.height - first.y,
    },
    rows,
    count: columns.length * lines.length,
  };
}

/** One tile's place along one axis. */
interface Span {
  /** First pixel read, and how many. */
  readonly source: number;
  readonly extent: number;
  /** First pixel kept, and how many. */
  readonly start: number;
  readonly length: number;
}

function cutSide(
  from: number,
  to: number,
  total: number,
  size: number,
  margin: number,
  stride: number,
): readonly Span[] {
  const begin = Math.floor(from / stride) * stride;
  const end = Math.ceil(to / stride) * stride;
  const whole = Math.ceil(total / stride) * stride;
  const count = Math.ceil((end - begin) / size);
  // As many tiles as the size asks for, but even ones: a last tile of a few pixels would be computed whole.
  const even = Math.ceil((end - begin) / count / stride) * stride;
  const extent = Math.min(whole, even + 2 * margin);
  return Array.from({ length: count }, (_, index) => {
    const start = begin + index * even;
    const source = Math.min(Math.max(start - margin, 0), whole - extent);
    return { source, extent, start, length: Math.min(even, end - start) };
  });
}
