import { gaussian } from "./gaussian.js";
import { parameters } from "./parameters.js";
import type { RandomSource } from "./random-source.js";
import { fieldOf, mapped, type Raster } from "./raster.js";
import { sky } from "./sky.js";
import { smoothField, stretch } from "./smooth-field.js";

const p = parameters.haze.depth;

/**
 * The depth of a scene, guessed from its photograph: far is what is high in the picture, near the horizon of a plane, at the end of a
 * passage, pale or smooth.
 *
 * @param x - a picture
 * @param source - what of it counts how much, and the objects that stand in between
 * @returns one channel, 0 near to 1 far, and up to 2.5 in the sky
 */
export function plausibleDepth(x: Raster, source: RandomSource): Raster {
  const groundAt = ground(x, source);
  const objects = smoothField(source, x, source.integer(2, 6)).data;
  const pale = gaussian(darkest(x), Math.max(1, x.height / 80)).data;
  const a = source.uniform(0.3, 1);
  const b = source.uniform(0, 0.5);
  const c = source.uniform(0, 0.8);
  const depth = fieldOf(
    x,
    (column, row, pixel) => a * groundAt(column, row) + b * objects[pixel]! + c * pale[pixel]!,
  );
  stretch(depth.data);
  const above = sky(x).data;
  const distance = source.uniform(...p.sky);
  return mapped(depth, (value, pixel) => value + above[pixel]! * (distance - value));
}

/** How far the ground is at each place: on a slope, on a plane up to its horizon, or in a passage up to its end. */
function ground({ width, height }: Raster, source: RandomSource): (column: number, row: number) => number {
  const kind = source.weighted(p.kinds);
  if (kind === "slope") {
    const slope = source.uniform(...p.slope);
    return (_, row) => descent(row, height) ** slope;
  }
  const closeness = source.uniform(...p.closeness);
  if (kind === "plane") {
    const horizon = source.uniform(...p.horizon);
    return (_, row) =>
      1 / (1 + (closeness * Math.max(1 - descent(row, height) - horizon, 0)) / (1 - horizon));
  }
  const x = source.uniform(0.25, 0.75);
  const y = source.uniform(0.3, 0.6);
  return (column, row) =>
    1 /
    (1 +
      closeness * Math.max(Math.abs(1 - descent(column, width) - x), Math.abs(1 - descent(row, height) - y)));
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
