import type { PixelBlock } from "../engine/index.js";
import type { Rect } from "../image/index.js";
import type { Tile, TilePlan } from "./tiles.js";

/** A part of the area that no later tile can touch. */
export interface FinishedPart {
  /** Where it lies, in image pixels. */
  readonly rect: Rect;
  /** [height, width, 3]. */
  readonly rgb: Float32Array;
}

/** A part of an axis over which the same tiles are mixed. */
interface Segment {
  readonly start: number;
  readonly length: number;
  /** How many columns, or rows, of tiles add to it. */
  readonly count: number;
}

/** A column, or a row, of tiles along its axis. */
interface Lane {
  /** First pixel that its tiles add to. */
  readonly start: number;
  /** How much of them, from there on: 1 inside, a ramp across each border that it shares with a neighbour. */
  readonly weights: readonly number[];
  /** First and last of the segments that it adds to. */
  readonly segments: readonly [number, number];
}

/** What one tile adds to a part. */
interface Share {
  /** The tile's place in reading order. */
  readonly order: number;
  /** [height, width, 3], weighted. */
  readonly rgb: Float32Array;
}

/**
 * Joins tiles without seams, in bounded memory: across each border between two kept parts, both tiles' results are mixed with
 * weights that ramp from one to the other. Tiles may come in any order, with the same result: what is inside of a tile is handed out
 * at once, a strip along a border when its last tile has come; only such strips are held.
 */
export class TileBlender {
  readonly #columns: ReadonlyMap<number, { readonly lane: Lane; readonly index: number }>;
  readonly #rows: ReadonlyMap<number, { readonly lane: Lane; readonly index: number }>;
  readonly #across: readonly Segment[];
  readonly #down: readonly Segment[];
  /** What has come of the parts that wait, by their place. */
  readonly #waiting = new Map<number, Share[]>();

  /**
   * @param plan - the tiles
   * @param feather - how far the ramp reaches to each side of a border, in pixels; at most the margin. Where a kept part is
   * narrower than two ramps they are shorter
   */
  constructor(plan: TilePlan, feather: number) {
    const { area, rows } = plan;
    const columns = layOut(
      rows[0]!.map(({ keep }) => [keep.x, keep.width] as const),
      [area.x, area.width],
      feather,
    );
    const lines = layOut(
      rows.map(([first]) => [first!.keep.y, first!.keep.height] as const),
      [area.y, area.height],
      feather,
    );
    this.#across = columns.segments;
    this.#down = lines.segments;
    this.#columns = new Map(
      rows[0]!.map(({ keep }, index) => [keep.x, { lane: columns.lanes[index]!, index }]),
    );
    this.#rows = new Map(rows.map(([first], index) => [first!.keep.y, { lane: lines.lanes[index]!, index }]));
  }

  /**
   * Adds a tile's result.
   *
   * @param tile - a tile of the plan, which was not added before
   * @param result - what the network made of its source
   * @returns the parts that are done with it
   */
  add({ source, keep }: Tile, result: PixelBlock): FinishedPart[] {
    const { lane: column, index: columnIndex } = this.#columns.get(keep.x)!;
    const { lane: row, index: rowIndex } = this.#rows.get(keep.y)!;
    const order = rowIndex * this.#columns.size + columnIndex;
    const finished: FinishedPart[] = [];
    for (let down = row.segments[0]; down <= row.segments[1]; down++) {
      for (let across = column.segments[0]; across <= column.segments[1]; across++) {
        const { start: x, length: width, count: columns } = this.#across[across]!;
        const { start: y, length: height, count: rows } = this.#down[down]!;
        const rect = { x, y, width, height };
        const share = { order, rgb: weigh(rect, source, result, column, row) };
        const place = down * this.#across.length + across;
        const shares = [...(this.#waiting.get(place) ?? []), share];
        if (shares.length < columns * rows) {
          this.#waiting.set(place, shares);
          continue;
        }
        this.#waiting.delete(place);
        finished.push({ rect, rgb: sum(shares) });
      }
    }
    return finished;
  }
}

/** A tile's result in a part of it, weighted. */
function weigh(rect: Rect, source: Rect, { width, rgb }: PixelBlock, column: Lane, row: Lane): Float32Array {
  const weighted = new Float32Array(rect.width * rect.height * 3);
  let target = 0;
  for (let y = rect.y; y < rect.y + rect.height; y++) {
    const vertical = row.weights[y - row.start]!;
    let from = ((y - source.y) * width + (rect.x - source.x)) * 3;
    for (let x = rect.x; x < rect.x + rect.width; x++) {
      const weight = vertical * column.weights[x - column.start]!;
      for (let channel = 0; channel < 3; channel++) weighted[target++] = weight * rgb[from++]!;
    }
  }
  return weighted;
}

/** In reading order, whatever order they came in, since sums of floats depend on it. */
function sum(shares: Share[]): Float32Array {
  const [first, ...others] = shares.sort((a, b) => a.order - b.order);
  const { rgb } = first!;
  for (const other of others) {
    for (let index = 0; index < rgb.length; index++) rgb[index] = rgb[index]! + other.rgb[index]!;
  }
  return rgb;
}

/** Cuts an axis where the tiles that add to it change. */
function layOut(
  spans: readonly (readonly [number, number])[],
  [areaStart, areaLength]: readonly [number, number],
  feather: number,
): { readonly lanes: readonly Lane[]; readonly segments: readonly Segment[] } {
  // Within a narrow part two ramps would overlap, and weights no longer add up to one.
  const reach = Math.min(feather, ...spans.map(([, length]) => Math.floor(length / 2)));
  const ramped = spans.map(([start, length]) => ramps(start, length, areaStart, areaLength, reach));
  const ends = ramped.flatMap(({ start, weights }) => [start, start + weights.length]);
  const cuts = [...new Set(ends)].sort((a, b) => a - b);
  const segments = cuts.slice(0, -1).map((start, index) => {
    const covering = ramped.filter((lane) => lane.start <= start && start < lane.start + lane.weights.length);
    return { start, length: cuts[index + 1]! - start, count: covering.length };
  });
  const lanes = ramped.map(({ start, weights }) => ({
    ...{ start, weights },
    segments: [cuts.indexOf(start), cuts.indexOf(start + weights.length) - 1] as const,
  }));
  return { lanes, segments };
}

/** A tile's weights along one axis: 1 inside, a ramp across each border that it shares with a neighbour. */
function ramps(
  start: number,
  length: number,
  areaStart: number,
  areaLength: number,
  feather: number,
): { readonly start: number; readonly weights: readonly number[] } {
  const areaEnd = areaStart + areaLength;
  const end = start + length;
  const from = start === areaStart ? start : Math.max(areaStart, start - feather);
  const to = end === areaEnd ? end : Math.min(areaEnd, end + feather);
  const weights = Array.from({ length: to - from }, (_, index) => {
    const center = from + index + 0.5;
    const rise = start === areaStart ? 1 : rampAt(center - start, feather);
    const fall = end === areaEnd ? 1 : 1 - rampAt(center - end, feather);
    return Math.min(rise, fall);
  });
  return { start: from, weights };
}

/** 0 at -feather, 1 at +feather. */
function rampAt(distance: number, feather: number): number {
  if (feather === 0) return distance > 0 ? 1 : 0;
  return Math.min(1, Math.max(0, (distance + feather) / (2 * feather)));
}
