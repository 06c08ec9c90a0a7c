import { lerp, type Recipe } from "./recipe.js";
import type { RandomSource } from "./random-source.js";
import { smoothField } from "./smooth-field.js";

/** About how many samples a quantile of the field is taken from. */
const quantileSamples = 10000;

/**
 * A cast shadow with a soft edge: 25 to 65 % of the picture, in a wandering region or, half of the time, one with a
 * nearly straight edge, multiplied by 0.75 down to 0.25 and a little bluer.
 */
export const shadow: Recipe = {
  degradation: "shadow",
  apply({ width, height, rgb }, severity, source) {
    const field = smoothField(width, height, source.integer(2, 5), source);
    if (source.chance(0.5)) addRamp(field, width, height, source.uniform(0, 2 * Math.PI));
    const threshold = quantile(field, source);
    const softness = source.uniform(0.01, 0.12);
    const dark = lerp(0.75, 0.25, severity);
    const tints = [1 - source.uniform(0, 0.12), 1, 1 + source.uniform(0, 0.12)];
    const losses = tints.map((tint) => 1 - Math.min(dark * tint, 1));
    const shaded = new Float32Array(rgb.length);
    for (let pixel = 0, index = 0; pixel < field.length; pixel++) {
      const region = 1 / (1 + Math.exp((threshold - field[pixel]!) / softness));
      for (let channel = 0; channel < 3; channel++, index++) {
        shaded[index] = rgb[index]! * (1 - losses[channel]! * region);
      }
    }
    return { width, height, rgb: shaded };
  },
};

/** Mixes a field with a slope: what is cast by something straight. */
function addRamp(field: Float32Array, width: number, height: number, angle: number): void {
  const cosine = Math.cos(angle);
  const sine = Math.sin(angle);
  for (let index = 0; index < field.length; index++) {
    const u = spread(index % width, width);
    const v = spread(Math.floor(index / width), height);
    field[index] = 0.25 * field[index]! + 0.75 * ((u * cosine + v * sine) * 0.5 + 0.5);
  }
}

/** Where a pixel lies between -1 at the first and 1 at the last. */
function spread(position: number, length: number): number {
  return length === 1 ? -1 : (2 * position) / (length - 1) - 1;
}

/** The value that 35 to 75 % of the field lie under. */
function quantile(field: Float32Array, source: RandomSource): number {
  const step = Math.max(1, Math.floor(field.length / quantileSamples));
  const samples = field.filter((_, index) => index % step === 0).sort();
  const position = source.uniform(0.35, 0.75) * (samples.length - 1);
  const before = samples[Math.floor(position)]!;
  const after = samples[Math.ceil(position)]!;
  return before + (after - before) * (position % 1);
}
