import { LimpidError } from "../../base/index.js";
import type { RandomSource } from "./random-source.js";
import type { Recipe } from "./recipe.js";
import type { RgbImage } from "./rgb-image.js";

/**
 * Damages a picture and rounds it to 8 bits, as a file would have it.
 *
 * @param recipe - what damages it; may be anybody's
 * @param picture - values in 0..1; not changed
 * @param severity - 0 to 1
 * @param source - where all randomness comes from
 * @returns values in 0..1, multiples of 1/255
 * @throws {@link LimpidError} `InvalidArgument` if the recipe returns no picture of the same size, or values that are not
 * numbers
 */
export function applyRecipe(
  recipe: Recipe,
  picture: RgbImage,
  severity: number,
  source: RandomSource,
): RgbImage {
  const { width, height } = picture;
  const damaged = recipe.apply(picture, severity, source) as Partial<RgbImage> | undefined;
  if (damaged?.width !== width || damaged.height !== height || damaged.rgb?.length !== picture.rgb.length) {
    throw new LimpidError(
      "InvalidArgument",
      `the recipe for ${recipe.degradation} must return a picture of ${width} x ${height}, as it was given`,
    );
  }
  const rgb = Float32Array.from(
    damaged.rgb,
    (value) => Math.round(Math.min(Math.max(value, 0), 1) * 255) / 255,
  );
  if (!rgb.every(Number.isFinite)) {
    throw new LimpidError(
      "InvalidArgument",
      `the recipe for ${recipe.degradation} made values that are no numbers`,
    );
  }
  return { width, height, rgb };
}
