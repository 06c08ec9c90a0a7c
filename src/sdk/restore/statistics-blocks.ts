import { readRgb, type PixelImage, type Rect } from "../image/index.js";
import type { PixelBlock } from "../engine/index.js";

/** Side of a block in pixels, and the most blocks along one side of the image. */
const blockSize = 128;
const blocksPerSide = 4;

/**
 * Blocks that stand for a whole image when channel attention's statistics are measured: evenly spread, at native
 * resolution, the same ones whatever the tile size, so that every tiling of an image gives the same result.
 *
 * @param image - the image, both sides of at least one pixel
 * @param stride - the backbone's stride in pixels
 * @returns 1 to 16 blocks of one size
 */
export function statisticsBlocks(image: PixelImage, stride: number): PixelBlock[] {
  const columns = spread(image.width, stride);
  const rows = spread(image.height, stride);
  return rows.starts.flatMap((y) =>
    columns.starts.map((x) => {
      const rect: Rect = { x, y, width: columns.length, height: rows.length };
      return { width: rect.width, height: rect.height, rgb: readRgb(image, rect) };
    }),
  );
}

function spread(
  size: number,
  stride: number,
): { readonly starts: readonly number[]; readonly length: number } {
  const whole = Math.ceil(size / stride) * stride;
  if (whole <= blockSize) return { starts: [0], length: whole };
  const count = Math.min(blocksPerSide, Math.ceil(whole / blockSize));
  const starts = Array.from(
    { length: count },
    (_, index) => Math.round((index * (whole - blockSize)) / (count - 1) / stride) * stride,
  );
  return { starts, length: blockSize };
}
