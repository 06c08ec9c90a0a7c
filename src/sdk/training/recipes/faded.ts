import { isGrey } from "./light.js";
import type { RandomSource } from "./random-source.js";
import { blended, clamp, fieldOf, mapped, type Raster } from "./raster.js";
import { smoothField } from "./smooth-field.js";

/** What the whites of monochrome prints turn to. */
const papers = [
  [1, 1, 1],
  [1, 1, 1],
  [1, 0.97, 0.9],
  [1, 0.93, 0.78],
  [1, 0.87, 0.6],
  [1, 0.94, 0.93],
  [0.94, 1, 0.95],
] as const;

/** What the blacks of monochrome prints turn to. */
const inks = [
  [0, 0, 0],
  [0, 0, 0],
  [0.2, 0.11, 0.05],
  [0.12, 0.06, 0.02],
  [0.02, 0.14, 0.13],
  [0.1, 0.04, 0.12],
  [0.03, 0.05, 0.14],
] as const;

/**
 * Dyes that have gone pale and paper that has gone yellow: lower contrast, a lifted black; the tones of paper and ink for
 * monochrome prints.
 */
export function faded(x: Raster, severity: number, source: RandomSource): Raster {
  const [white, black] = isGrey(x)
    ? [source.choice(papers), source.choice(inks)]
    : [[0, 1, 2].map(() => 1 - source.uniform(0, 0.35) * severity), inks[0]];
  const low = source.uniform(0, 0.3) * severity;
  const high = 1 - source.uniform(0, 0.3) * severity;
  const pale = mapped(x, (value, index) => {
    const ink = black[index % 3]!;
    return low + (ink + value * (white[index % 3]! - ink)) * (high - low);
  });
  return source.chance(0.5) ? yellowed(pale, source) : pale;
}

/** Unevenly, more towards the edges. */
function yellowed(x: Raster, source: RandomSource): Raster {
  const { width, height } = x;
  const patches = smoothField(source, x, 3).data;
  const strength = source.uniform(0, 0.6);
  const share = fieldOf(x, (column, row, pixel) => {
    const u = spread(column, width);
    const v = spread(row, height);
    return clamp((u * u + v * v) / 2) * patches[pixel]! * strength;
  });
  const brightness = source.uniform(0.6, 1);
  return blended(x, share, [0.95 * brightness, 0.88 * brightness, 0.72 * brightness]);
}

/** Where a pixel lies between -1 at the first and 1 at the last. */
function spread(position: number, length: number): number {
  return length === 1 ? -1 : (2 * position) / (length - 1) - 1;
}
