import { convolve } from "./convolve.js";
import { gaussian } from "./gaussian.js";
import { lineKernel, peaked } from "./kernel.js";
import { luma } from "./light.js";
import { parameters } from "./parameters.js";
import { plausibleDepth } from "./plausible-depth.js";
import type { RandomSource } from "./random-source.js";
import { lerp } from "./range.js";
import { blended, clamp, mapped, type Raster } from "./raster.js";
import { smoothField } from "./smooth-field.js";
import { sprinkle } from "./sprinkle.js";

const p = parameters.rain;

/** Kinds of {@link rain}. */
type RainKind = keyof typeof p.kinds;

/**
 * Rain in depth: streaks whose length, width and density differ by layer, faint against bright ground, with the veil of far
 * rain; either single strokes or a downpour of many short ones. After the appearance models of Garg and Nayar (Vision and
 * Rain, 2007) and the heavy-rain model of Li, Cheong and Tan (Heavy Rain Image Restoration, 2019).
 */
export function rain(x: Raster, severity: number, source: RandomSource, kind?: RainKind): Raster {
  const { width, height } = x;
  const longer = Math.max(width, height);
  const streak = p[kind ?? source.weighted(p.kinds)];
  const tilt = Math.PI / 2 + radians(source.uniform(...p.tilt));
  let y = source.chance(p.dull) ? dulled(x, source) : x;
  y = veiled(y, x, severity, source);
  const density = source.chance(0.6)
    ? mapped(smoothField(source, x, 3), (value) => 0.15 + 0.85 * value)
    : undefined;
  const brightness = luma(x).data;
  const fading = source.uniform(0.3, 0.8);
  const layers = source.integer(...p.layers);
  for (let layer = 0; layer < layers; layer++) {
    const near = (layer + source.uniform(0, 1)) / layers;
    const length = Math.max(3, longer * lerp(streak.length, near ** 1.5 * source.uniform(0.5, 1)));
    const breadth = lerp(streak.width, near) * source.uniform(0.7, 1.2);
    const coverage = (lerp(streak.coverage, severity) * source.uniform(0.3, 1.3)) / layers;
    const drops = sprinkle(source, x, (coverage * width * height) / (length * (0.7 + breadth)), density);
    const kernel = peaked(lineKernel(length, tilt + radians(source.uniform(-5, 5)), breadth));
    const streaks = convolve(drops, kernel);
    const [faintest] = streak.opacity;
    const opacity = source.uniform(faintest, lerp([2 * faintest, streak.opacity[1]], severity));
    const light = source.uniform(0.7, 1);
    const share = mapped(
      streaks,
      (value, pixel) => clamp(value) * opacity * (1 - fading * brightness[pixel]!),
    );
    y = blended(y, share, [light, light, light]);
  }
  return source.chance(p.splash) ? splashed(y, severity, source) : y;
}

/** Under a covered sky contrast and colour are low. */
function dulled(x: Raster, source: RandomSource): Raster {
  const grey = luma(x).data;
  const color = source.uniform(0.5, 0.95);
  const contrast = source.uniform(0.7, 0.98);
  const loss = source.uniform(0, 0.06);
  return mapped(x, (value, index) => {
    const tone = grey[(index / 3) | 0]!;
    return (tone + (value - tone) * color - 0.5) * contrast + 0.5 - loss;
  });
}

/** Far rain hides the scene behind it as haze does. */
function veiled(y: Raster, x: Raster, severity: number, source: RandomSource): Raster {
  const brightness = source.uniform(0.6, 0.95);
  const air = [0, 1, 2].map(() => brightness + source.uniform(-0.02, 0.02));
  const veil = source.uniform(...p.veil) * (0.3 + 0.7 * severity);
  if (veil <= 0.05) return y;
  const depth = plausibleDepth(x, source);
  return blended(
    y,
    mapped(depth, (value) => 1 - Math.exp(-2 * veil * (0.25 + 0.75 * value))),
    air,
  );
}

/** Drops that burst on the ground. */
function splashed(y: Raster, severity: number, source: RandomSource): Raster {
  const count = y.width * y.height * source.uniform(0.0002, 0.002) * severity;
  const spots = sprinkle(source, y, count);
  spots.data.fill(0, 0, Math.trunc(y.height * source.uniform(0.3, 0.7)) * y.width);
  const splash = gaussian(spots, source.uniform(0.6, 1.5));
  return blended(
    y,
    mapped(splash, (value) => Math.min(6 * value, 0.6)),
    [0.9, 0.9, 0.9],
  );
}

/** Degrees to radians. */
export function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
