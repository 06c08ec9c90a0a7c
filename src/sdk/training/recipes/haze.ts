import type { RandomSource } from "./random-source.js";
import { lerp, type Recipe } from "./recipe.js";
import { smoothField, stretch } from "./smooth-field.js";

/**
 * Haze by the atmospheric scattering model, y = x t + A (1 - t) with t = exp(-beta d), as in RESIDE: beta 0.35 to 2.2 over
 * a plausible depth d of 0.25 to 1, so that the mean transmission goes from about 0.8 down to 0.25; A is 0.7 to 1, with a
 * slight tint.
 */
export const haze: Recipe = {
  degradation: "haze",
  apply({ width, height, rgb }, severity, source) {
    const depth = plausibleDepth(width, height, source);
    const beta = lerp(0.35, 2.2, severity);
    const brightness = source.uniform(0.7, 1);
    const air = Float64Array.from({ length: 3 }, () =>
      Math.min(Math.max(brightness + source.uniform(-0.03, 0.03), 0), 1),
    );
    const hazy = new Float32Array(rgb.length);
    for (let pixel = 0, index = 0; pixel < depth.length; pixel++) {
      const transmission = Math.exp(-beta * (0.25 + 0.75 * depth[pixel]!));
      for (let channel = 0; channel < 3; channel++, index++) {
        hazy[index] = rgb[index]! * transmission + air[channel]! * (1 - transmission);
      }
    }
    return { width, height, rgb: hazy };
  },
};

/** Scene depth [height, width], 0..1: far at the top, near at the bottom, with a few objects standing in between. */
function plausibleDepth(width: number, height: number, source: RandomSource): Float32Array {
  const slope = source.uniform(0.6, 1.6);
  const objects = smoothField(width, height, source.integer(2, 6), source);
  const share = source.uniform(0.25, 0.75);
  for (let y = 0; y < height; y++) {
    const ground = height === 1 ? 1 : (1 - y / (height - 1)) ** slope;
    for (let index = y * width; index < (y + 1) * width; index++) {
      objects[index] = share * ground + (1 - share) * objects[index]!;
    }
  }
  stretch(objects);
  return objects;
}
