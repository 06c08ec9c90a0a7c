import type { PixelBlock } from "../executor.js";

/**
 * Makes one pixel of each square of pixels, with the channels of all in PyTorch's order (C, row, column).
 *
 * @param block - zeros are added on the right and bottom until it is made of whole squares
 * @param side - of the squares, in pixels
 * @returns the squares, row-major; the block's own numbers if the side is 1
 */
export function toSquares({ width, height, rgb }: PixelBlock, side: number): Float32Array {
  if (side === 1) return rgb;
  const [columns, rows] = [Math.ceil(width / side), Math.ceil(height / side)];
  const squares = new Float32Array(columns * rows * 3 * side ** 2);
  visit(width, height, side, (pixel, square) => (squares[square] = rgb[pixel]!));
  return squares;
}

/**
 * Makes a block of pixels of squares: what undoes {@link toSquares}.
 *
 * @param squares - row-major; taken over if the side is 1
 * @param width - of the block, in pixels
 * @param height - of the block, in pixels
 * @param side - of the squares, in pixels
 */
export function fromSquares(squares: Float32Array, width: number, height: number, side: number): PixelBlock {
  if (side === 1) return { width, height, rgb: squares };
  const rgb = new Float32Array(width * height * 3);
  visit(width, height, side, (pixel, square) => (rgb[pixel] = squares[square]!));
  return { width, height, rgb };
}

/** Calls with the place of every number of a block, and where it lies among the squares. */
function visit(
  width: number,
  height: number,
  side: number,
  each: (pixel: number, square: number) => void,
): void {
  const columns = Math.ceil(width / side);
  let pixel = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const square = (Math.floor(y / side) * columns + Math.floor(x / side)) * 3 * side ** 2;
      const place = (y % side) * side + (x % side);
      for (let channel = 0; channel < 3; channel++) each(pixel++, square + channel * side ** 2 + place);
    }
  }
}
