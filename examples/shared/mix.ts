import type { PixelImage } from "limpid";

/**
 * A restored picture at less than full strength, or with the repair in a part alone: what a restore with that strength and mask
 * gives without another run, but for rounding and for what the repair has clipped to black or white.
 *
 * @param strength - 0 to 1
 * @param mask - 8-bit grey of the pictures' size, white where the repair belongs; everywhere if left out
 */
export function mix(before: PixelImage, after: PixelImage, strength: number, mask?: PixelImage): PixelImage {
  if (strength === 1 && mask === undefined) return after;
  const mixed = before.clone();
  const { channels } = before;
  for (let index = 0; index < mixed.data.length; index++) {
    const share = mask === undefined ? 1 : mask.data[Math.floor(index / channels)]! / 255;
    const from = before.data[index]!;
    mixed.data[index] = Math.round(from + strength * share * (after.data[index]! - from));
  }
  return mixed;
}
