import type { PixelBlock } from "../engine/index.js";
import type { Rect } from "../image/index.js";
import type { Tile, TilePlan } from "./tiles.js";

/** Finished rows of the area. */
export interface FinishedBand {
  /** Where they lie, in image pixels. */
  readonly rect: Rect;
  /** [height, width, 3]; valid until the next call. */
  readonly rgb: Float32Array;
}

/**
 * Joins tiles without seams, in bounded memory: across each border between two kept parts, both tiles' results are
 * mixed with weights that ramp from one to the other. Tiles arrive in reading order; a band as high as one row of tiles
 * is held, and rows are handed out as soon as no later tile can touch them.
 */
export class BandBlender {
  readonly #area: Rect;
  readonly #feather: number;
  readonly #band: Float32Array;
  readonly #rowLength: number;
  /** The image row that the band's first row holds. */
  #top: number;

  /**
   * @param plan - the tiles
   * @param feather - how far the ramp reaches to each side of a border, in pixels; at most the margin
   */
  constructor(plan: TilePlan, feather: number) {
    this.#area = plan.area;
    this.#feather = feather;
    this.#rowLength = plan.area.width * 3;
    const highest = Math.max(...plan.rows.map((row) => row[0]!.keep.height));
    const rows = Math.min(plan.area.height, highest + 2 * feather);
    this.#band = new Float32Array(rows * this.#rowLength);
    this.#top = plan.area.y;
  }

  /**
   * Adds a tile's result.
   *
   * @param tile - the tile
   * @param result - what the network made of its source
   */
  add(tile: Tile, result: PixelBlock): void {
    const { source, keep } = tile;
    const area = this.#area;
    const across = ramps(keep.x, keep.width, area.x, area.width, this.#feather);
    const down = ramps(keep.y, keep.height, area.y, area.height, this.#feather);
    const band = this.#band;
    down.weights.forEach((vertical, row) => {
      const y = down.start + row;
      let target = (y - this.#top) * this.#rowLength + (across.start - area.x) * 3;
      let from = ((y - source.y) * result.width + (across.start - source.x)) * 3;
      for (const horizontal of across.weights) {
        const weight = vertical * horizontal;
        for (let channel = 0; channel < 3; channel++) {
          band[target] = band[target++]! + weight * result.rgb[from++]!;
        }
      }
    });
  }

  /**
   * Hands out the rows that are done once a row of tiles is complete, and makes room for the next.
   *
   * @param row - the row of tiles that was added
   * @returns the finished rows
   */
  finishRow(row: readonly Tile[]): FinishedBand {
    const { keep } = row[0]!;
    const areaEnd = this.#area.y + this.#area.height;
    const isLast = keep.y + keep.height >= areaEnd;
    const end = isLast ? areaEnd : keep.y + keep.height - this.#feather;
    const finished = (end - this.#top) * this.#rowLength;
    const rect = { x: this.#area.x, y: this.#top, width: this.#area.width, height: end - this.#top };
    const rgb = this.#band.slice(0, finished);
    this.#band.copyWithin(0, finished);
    this.#band.fill(0, this.#band.length - finished);
    this.#top = end;
    return { rect, rgb };
  }
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
