/** Longest side of the copy that a photo is drawn from when all of it is in view, in pixels. */
const reducedSide = 2048;

/** How many times smaller the reduced copy of a photo is: a power of two, 1 for none. */
export function reductionOf({ width, height }: { readonly width: number; readonly height: number }): number {
  let reduction = 1;
  while (Math.max(width, height) / reduction > reducedSide) reduction *= 2;
  return reduction;
}
