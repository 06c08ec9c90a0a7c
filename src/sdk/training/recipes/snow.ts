import { convolve } from "./convolve.js";
import { gaussian } from "./gaussian.js";
import { apertureKernel, composed, gaussianKernel, lineKernel, peaked } from "./kernel.js";
import { luma } from "./light.js";
import { parameters } from "./parameters.js";
import { plausibleDepth } from "./plausible-depth.js";
import { radians } from "./rain.js";
import type { RandomSource } from "./random-source.js";
import { lerp } from "./range.js";
import { blankField, blended, clamp, mapped, type Raster } from "./raster.js";
import { smoothField } from "./smooth-field.js";
import { sprinkle } from "./sprinkle.js";

const p = parameters.snow;

/**
 * Falling snow: flakes of many sizes, dense in part of the frame, sharp or soft, streaked near the lens, grey rather than
 * white, at night lit by lamps, with a veil in the distance.
 */
export function snow(x: Raster, severity: number, source: RandomSource): Raster {
  const wind = Math.PI / 2 + radians(source.uniform(...p.wind));
  const density = source.chance(p.patchy) ? patches(x, source) : undefined;
  const flakes = blankField(x);
  const layers = source.integer(...p.layers);
  for (let layer = 0; layer < layers; layer++) {
    addLayer(flakes, lerp(p.coverage, severity ** 1.3) / layers, wind, density, source);
  }
  let y = x;
  if (source.chance(0.55)) {
    const veil = source.uniform(...p.veil) * (0.3 + 0.7 * severity);
    const far = mapped(plausibleDepth(x, source), (value) => veil * value);
    const air = source.uniform(0.6, 0.92);
    y = blended(y, far, [air, air, air]);
  }
  const white = whiteOf(x, source);
  // Against a bright sky flakes are only a little darker.
  const over = mapped(y, (value, index) => Math.max(white(index), value - 0.08));
  return blended(y, flakes, over);
}

function patches(x: Raster, source: RandomSource): Raster {
  const field = smoothField(source, x, 3);
  const exponent = source.uniform(0.5, 2.5);
  return mapped(field, (value) => value ** exponent);
}

/** Draws one layer of flakes over those behind it. */
function addLayer(
  flakes: Raster,
  coverage: number,
  wind: number,
  density: Raster | undefined,
  source: RandomSource,
): void {
  const { width, height } = flakes;
  const radius = source.logarithmic(...p.radius) * Math.max(0.7, Math.max(width, height) / 500);
  const share = coverage * source.logarithmic(0.25, 2);
  const count = Math.max(2, (share * width * height) / (Math.PI * radius * radius));
  const points = sprinkle(source, flakes, count, density);
  const sigma = radius * 0.55;
  const flake = peaked(
    source.chance(0.65)
      ? gaussianKernel(sigma, sigma * source.uniform(0.6, 1), source.uniform(0, 3))
      : apertureKernel(radius),
  );
  const fall = source.uniform(...p.fall) * radius;
  // A flake that moves is fainter; in part the eye, and the camera, make up for it.
  const gain = fall > 1 ? Math.min(3, 1 + fall / (2 * radius + 1)) : 1;
  const stamp =
    fall > 1
      ? composed(flake, lineKernel(fall, wind + radians(source.uniform(-8, 8)), Math.max(0.4, radius * 0.3)))
      : flake;
  const layer = convolve(points, stamp).data;
  const opacity = source.uniform(...p.opacity);
  for (let pixel = 0; pixel < layer.length; pixel++) {
    flakes.data[pixel] = Math.max(flakes.data[pixel]!, opacity * clamp(gain * layer[pixel]!));
  }
}

/** The colour of flakes, sample by sample: of what lamps light, or one grey, a little bluish. */
function whiteOf(x: Raster, source: RandomSource): (index: number) => number {
  if (source.chance(p.lamps)) {
    const lit = gaussian(luma(x), Math.max(6, x.height / 20)).data;
    const glow = source.uniform(0.1, 0.35);
    return (index) => clamp(lit[(index / 3) | 0]! * 0.9 + glow);
  }
  const grey = source.uniform(...p.grey);
  const blue = 0.02 * source.uniform(0, 1);
  return (index) => grey + blue * ((index % 3) - 1);
}
