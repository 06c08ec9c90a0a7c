import { gaussian } from "./gaussian.js";
import { luma } from "./light.js";
import { parameters } from "./parameters.js";
import { plausibleDepth } from "./plausible-depth.js";
import { quantile, thinned } from "./quantile.js";
import type { RandomSource } from "./random-source.js";
import { geometric } from "./range.js";
import { blended, clamp, mapped, type Raster } from "./raster.js";
import { smoothField } from "./smooth-field.js";

const p = parameters.haze;

/** What each airlight adds to its grey. */
const tints = {
  grey: [0, 0, 0],
  blue: [-0.07, -0.01, 0.06],
  yellow: [0.07, 0.02, -0.13],
  brown: [0.04, -0.03, -0.12],
  night: [0.05, 0, -0.05],
} as const satisfies Record<keyof typeof p.airlights, readonly number[]>;

/**
 * Haze, fog and smog by scattering, y = x t + A (1 - t) with t = exp(-density depth), over depth guessed from the photograph:
 * density 0.3 to 3.5 at the far end, on a logarithmic scale of severity; with coloured airlight, by day brighter than most of what it
 * hides, patches, and glows of lamps.
 */
export function haze(x: Raster, severity: number, source: RandomSource): Raster {
  const airlight = source.weighted(p.airlights);
  const isNight = airlight === "night";
  const opacity = opacityOf(x, geometric(p.density, severity), source);
  const brightness = isNight
    ? source.uniform(0.12, 0.4)
    : Math.max(source.uniform(...p.airlight), quantile(thinned(luma(x)), 0.8) - source.uniform(-0.05, 0.15));
  const strength = source.uniform(0.2, 1);
  const shift = source.uniform(-0.02, 0.02);
  const air = tints[airlight].map((tint) => clamp(brightness + tint * strength + shift));
  let y = isNight ? mapped(x, (value) => 0.45 * value) : x;
  if (isNight || source.chance(0.15)) y = withGlows(y, x, source.uniform(0.4, 1.2) * severity);
  // Scattered light is soft.
  if (source.chance(0.4)) y = blended(y, opacity, gaussian(y, Math.max(0.6, x.height / 300)));
  return blended(y, opacity, air);
}

/** How much of the light on its way to the camera the haze takes: 1 - t. */
function opacityOf(x: Raster, density: number, source: RandomSource): Raster {
  const near = source.uniform(...p.near);
  const depth = plausibleDepth(x, source);
  const exponent = source.uniform(0.7, 1.6);
  const opacity = mapped(depth, (value) => 1 - Math.exp(-density * (near + (1 - near) * value ** exponent)));
  if (!source.chance(p.patchy)) return opacity;
  const patches = smoothField(source, x, source.integer(2, 5)).data;
  return mapped(opacity, (value, pixel) => value * (0.3 + 0.7 * patches[pixel]!));
}

/** Lamps glow in it. */
function withGlows(y: Raster, x: Raster, strength: number): Raster {
  const bright = luma(x).data;
  const lamps = mapped(x, (value, index) => value * clamp((bright[(index / 3) | 0]! - 0.75) / 0.25));
  const glow = gaussian(lamps, Math.max(2, x.height / 25)).data;
  return mapped(y, (value, index) => value + strength * glow[index]!);
}
