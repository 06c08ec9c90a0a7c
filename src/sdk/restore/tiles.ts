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
  readonly width: number;
  readonly height: number;
  /** What to restore; the whole image if left out. */
  readonly region?: Rect;
  /** Side of what a tile inside the image keeps, in pixels, at most; a positive multiple of the stride. */
  readonly size: number;
  /** Context read around a kept square in pixels; a multiple of the stride. */
  readonly margin: number;
  /** The backbone's stride in pixels. */
  readonly stride: number;
}

/**
 * Cuts an area into tiles whose sources all have one shape, so that every tile reuses the same buffers. Sources start
 * at multiples of the stride, where the network's grid lies in an untiled run too, and stay inside the image, grown to a
 * multiple of the stride: at the image's own edges no context is invented. Tiles are as few as the size allows, and their
 * sources as small as so many allow: tiles at the image's edges, which read no margin there, keep more than those inside.
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

/** Whether every tile sees the whole image, so that it needs no other statistics than its own. */
export function coversImage({ rows }: TilePlan, { width, height }: Pick<Rect, "width" | "height">): boolean {
  const { source } = rows[0]![0]!;
  return source.x === 0 && source.y === 0 && source.width >= width && source.height >= height;
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
  // What is read at all: the area, and what there is of the margin on both sides of it.
  const first = Math.max(begin - margin, 0);
  const last = Math.min(end + margin, whole);
  // Tiles at the image's edges keep what others read as their margin.
  const [before, after] = [margin - (begin - first), margin - (last - end)];
  const inner = end - begin - before - after;
  const count = Math.max(1, Math.ceil(inner / size));
  const step = Math.ceil(inner / count / stride) * stride;
  const extent = count === 1 ? last - first : step + 2 * margin;
  return Array.from({ length: count }, (_, index) => {
    const start = index === 0 ? begin : begin + before + index * step;
    const stop = index === count - 1 ? end : begin + before + (index + 1) * step;
    return { source: Math.min(first + index * step, last - extent), extent, start, length: stop - start };
  });
}
