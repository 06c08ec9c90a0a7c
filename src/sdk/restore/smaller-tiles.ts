import { LimpidError } from "../base/index.js";

/** Least side of a tile that is tried, in pixels: below it, it is not the tile that the memory lacks for. */
const leastTileSize = 64;

/**
 * Runs something in tiles, and again in tiles of half the side for as long as the device has no memory for them.
 *
 * @param tileSize - side of a tile to begin with, in pixels
 * @param stride - what sides are multiples of, in pixels
 * @param restore - does it in tiles of a side
 * @returns what `restore` returns, and the side that it was done with
 * @throws {@link LimpidError} `OutOfMemory` if there is none for tiles of 64 pixels either; what else `restore` throws
 */
export async function withSmallerTiles<T>(
  tileSize: number,
  stride: number,
  restore: (tileSize: number) => Promise<T>,
): Promise<{ readonly value: T; readonly tileSize: number }> {
  for (;;) {
    try {
      return { value: await restore(tileSize), tileSize };
    } catch (error) {
      const smaller = Math.floor(tileSize / 2 / stride) * stride;
      if (!LimpidError.is(error, "OutOfMemory") || smaller < leastTileSize) throw error;
      tileSize = smaller;
    }
  }
}
