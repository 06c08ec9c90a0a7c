import { readRgb, type PixelImage, type Rect } from "../image/index.js";
import type { PixelBlock } from "../engine/index.js";

/** Side of a block in pixels. */
const blockSize = 128;
/** Most blocks along one side of the image. */
const mostPerSide = 4;

/**
 * Blocks that stand for a whole image when channel attention's statistics are measured: evenly spread, at native
 * resolution, the same ones whatever the tile size, so that every tiling of an image gives the same result.
 *
 * @param image - the image, both sides of at least one pixel
 * @param stride - the backbone's stride in pixels
 * @param memory - side in pixels of a square that the device has memory for, if there is little: fewer blocks then, that
 * together are no larger
 * @returns 1 to 16 blocks of one size
 */
export function statisticsBlocks(image: PixelImage, stride: number, memory = Infinity): PixelBlock[] {
  const perSide = Math.max(1, Math.min(mostPerSide, Math.floor(memory / blockSize)));
  const columns = spread(image.width, stride, perSide);
  const rows = spread(image.height, stride, perSide);
  return rows.starts.flatMap((y) =>
    columns.starts.map((x) => {
      const rect: Rect = { x, y, width: columns.length, height: rows.length };
      return { width: rect.width, height: rect.height, rgb: readRgb(image, rect) };
    }),
  );
}

/** Pixels that are looked at for the statistics, if there is memory for all blocks. */
export function statisticsPixels({ width, height }: PixelImage): number {
  const most = mostPerSide * blockSize;
  return Math.min(most, width) * Math.min(most, height);
}

function spread(
  size: number,
  stride: number,
  perSide: number,
): { readonly starts: readonly number[]; readonly length: number } {
  const whole = Math.ceil(size / stride) * stride;
  if (whole <= blockSize) return { starts: [0], length: whole };
  const count = Math.min(perSide, Math.ceil(whole / blockSize));
  const space = whole - blockSize;
  const starts = Array.from(
    { length: count },
    // A single one in the middle.
    (_, index) => Math.round((count === 1 ? space / 2 : (index * space) / (count - 1)) / stride) * stride,
  );
  return { starts, length: blockSize };
}
