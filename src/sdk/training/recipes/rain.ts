import { lineKernel } from "./kernel.js";
import type { RandomSource } from "./random-source.js";
import { lerp, type Recipe } from "./recipe.js";
import { scatter } from "./scatter.js";

/**
 * Falling rain: one to three layers of streaks, 8 to 60 px long and within 35 degrees of upright, under a thin veil. With
 * the layers' maximum R, half of the pictures are blended as y = x (1 - R) + b R and half added to as y = x + 0.7 b R,
 * the two models in use (CDD-11 adds, synthetic sets made in image editors blend).
 */
export const rain: Recipe = {
  degradation: "rain",
  apply({ width, height, rgb }, severity, source) {
    const tilt = Math.PI / 2 + radians(source.uniform(-35, 35));
    const streaks = new Float32Array(width * height);
    for (let layers = source.integer(1, 3); layers > 0; layers--) {
      addLayer(streaks, width, height, severity, tilt, source);
    }
    const brightness = source.uniform(0.75, 1);
    const veil = source.uniform(0, 0.25) * severity;
    const glow = veil * source.uniform(0.6, 0.9);
    const adds = source.chance(0.5);
    const rainy = new Float32Array(rgb.length);
    for (let index = 0; index < rgb.length; index++) {
      const streak = streaks[(index / 3) | 0]!;
      const veiled = rgb[index]! * (1 - veil) + glow;
      rainy[index] = adds ? veiled + 0.7 * brightness * streak : veiled * (1 - streak) + brightness * streak;
    }
    return { width, height, rgb: rainy };
  },
};

/** Draws one layer of drops of a like size over those behind it. */
function addLayer(
  streaks: Float32Array,
  width: number,
  height: number,
  severity: number,
  tilt: number,
  source: RandomSource,
): void {
  const length = source.uniform(8, lerp(25, 60, severity));
  const density = lerp(0.04, 0.35, severity) * source.uniform(0.5, 1.2);
  const breadth = source.uniform(0.4, lerp(0.7, 1.4, severity));
  const theta = tilt + radians(source.uniform(-4, 4));
  const opacity = source.uniform(0.5, 1) * lerp(0.5, 0.9, severity);
  const stamp = lineKernel(length, theta, breadth);
  const drops = { density: density / (length * (1 + breadth)), stamp, weakest: 0.5 };
  const layer = scatter(width, height, drops, source);
  for (let index = 0; index < layer.length; index++) {
    streaks[index] = Math.max(streaks[index]!, opacity * Math.min(layer[index]!, 1));
  }
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
