import type { PixelImage } from "limpid";

/**
 * A restored picture at less than full strength: what a restore with that strength gives without another run, but for
 * rounding and for what the repair has clipped to black or white.
 */
export function mix(before: PixelImage, after: PixelImage, strength: number): PixelImage {
  if (strength === 1) return after;
  const mixed = before.clone();
  for (let index = 0; index < mixed.data.length; index++) {
    const from = before.data[index]!;
    mixed.data[index] = Math.round(from + strength * (after.data[index]! - from));
  }
  return mixed;
}
