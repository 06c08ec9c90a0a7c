import type { RgbImage } from "./recipes/index.js";

/** How many ways there are to turn and mirror a square. */
export const squareSymmetries = 8;

/**
 * Turns or mirrors a square picture.
 *
 * @param picture - as wide as it is high
 * @param symmetry - 0, which changes nothing, to 7: bit 0 mirrors left and right, bit 1 top and bottom, bit 2 swaps rows
 * and columns
 * @returns a new picture, or the same one for symmetry 0
 */
export function applySquareSymmetry(picture: RgbImage, symmetry: number): RgbImage {
  if (symmetry === 0) return picture;
  const { width: side, rgb } = picture;
  const turned = new Float32Array(rgb.length);
  for (let y = 0, target = 0; y < side; y++) {
    for (let x = 0; x < side; x++, target += 3) {
      const column = symmetry & 1 ? side - 1 - x : x;
      const row = symmetry & 2 ? side - 1 - y : y;
      const source = 3 * (symmetry & 4 ? column * side + row : row * side + column);
      turned[target] = rgb[source]!;
      turned[target + 1] = rgb[source + 1]!;
      turned[target + 2] = rgb[source + 2]!;
    }
  }
  return { ...picture, rgb: turned };
}
