import { gaussian } from "./gaussian.js";
import type { RandomSource } from "./random-source.js";
import { fieldOf, type Raster } from "./raster.js";
import { sky } from "./sky.js";
import { smoothField, stretch } from "./smooth-field.js";

/**
 * The depth of a scene, guessed from its photograph: far at the top, in the sky and where it is pale and smooth, near below.
 *
 * @param x - a picture
 * @param source - what of it counts how much, and the objects that stand in between
 * @returns one channel, 0 near to 1 far
 */
export function plausibleDepth(x: Raster, source: RandomSource): Raster {
  const { width, height } = x;
  const slope = source.uniform(0.5, 1.8);
  const objects = smoothField(source, x, source.integer(2, 6));
  const pale = gaussian(darkest(x), Math.max(1, height / 80));
  const a = source.uniform(0.2, 1);
  const b = source.uniform(0, 0.7);
  const c = source.uniform(0, 0.8);
  const above = sky(x);
  const distance = source.uniform(0.8, 1.1);
  const depth = fieldOf({ width, height }, (_, y, pixel) => {
    const ground = descent(y, height) ** slope;
    const guess = (a * ground + b * objects.data[pixel]! + c * pale.data[pixel]!) / (a + b + c);
    return Math.max(guess, above.data[pixel]! * distance);
  });
  stretch(depth.data);
  return depth;
}

/** Where a row or a column lies between 1 at the first and 0 at the last. */
export function descent(position: number, length: number): number {
  return length === 1 ? 1 : 1 - position / (length - 1);
}

/** The least of the three channels of each pixel. */
function darkest(x: Raster): Raster {
  return fieldOf(x, (_x, _y, pixel) =>
    Math.min(x.data[pixel * 3]!, x.data[pixel * 3 + 1]!, x.data[pixel * 3 + 2]!),
  );
}
