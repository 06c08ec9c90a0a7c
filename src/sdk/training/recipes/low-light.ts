import { gaussian } from "./gaussian.js";
import { coded, linear, luma } from "./light.js";
import { parameters } from "./parameters.js";
import { descent } from "./plausible-depth.js";
import { quantile, thinned } from "./quantile.js";
import type { RandomSource } from "./random-source.js";
import { geometric } from "./range.js";
import { clamp, fieldOf, mapped, mean, type Raster } from "./raster.js";
import { sky } from "./sky.js";
import { smoothField } from "./smooth-field.js";

const p = parameters["low-light"];

/** Kinds of {@link lowLight}. */
type LowLightKind = keyof typeof p.kinds;

/**
 * Too little light, evenly, with lamps and windows that stay bright, against the light, or at dusk, with the noise that shows
 * in it: exposure in linear light times 0.3 down to 0.012, on a logarithmic scale of severity.
 */
export function lowLight(x: Raster, severity: number, source: RandomSource, kind?: LowLightKind): Raster {
  const exposure = exposureOf(x, kind ?? source.weighted(p.kinds), geometric(p.gain, severity), source).data;
  const cast = [source.uniform(...p.cast), 1, source.uniform(...p.cast)];
  const dark = mapped(linear(x), (value, index) => value * exposure[(index / 3) | 0]! * cast[index % 3]!);
  // Pictures that were reduced show no noise.
  const y = coded(source.chance(p.noisy) ? withNoise(dark, source) : dark);
  const crushed = source.chance(p.crush) ? crush(y, source) : y;
  const white = source.uniform(0.88, 1);
  const black = source.uniform(0, 0.02);
  return mapped(crushed, (value) => value * white + black);
}

/** By how much linear light is multiplied, one channel. */
function exposureOf(x: Raster, kind: LowLightKind, gain: number, source: RandomSource): Raster {
  const keep = (lit: Raster): Raster => {
    const kept = source.uniform(...p.kept);
    return mapped(lit, (value) => gain + (kept - gain) * value);
  };
  switch (kind) {
    case "even":
      return fieldOf(x, () => gain);
    case "lamps":
      return keep(nearLamps(x, source));
    case "backlit":
      return keep(bright(x, source));
    case "dusk":
      return dusk(x, gain, source);
  }
}

/** A few places, bright ones rather, where lamps are. */
function nearLamps(x: Raster, source: RandomSource): Raster {
  const places = smoothField(source, x, source.integer(2, 6)).data;
  const light = gaussian(luma(x), Math.max(2, x.height / 60));
  const where = mapped(light, (value, pixel) => 0.6 * places[pixel]! + 0.4 * value);
  const threshold = quantile(thinned(where), source.uniform(0.8, 0.97));
  const softness = source.uniform(0.01, 0.12);
  return mapped(where, (value) => sigmoid((value - threshold) / softness));
}

/** Bright things stay: sky, window, what the light falls on; without any, the upper part. */
function bright(x: Raster, source: RandomSource): Raster {
  const light = gaussian(luma(x), source.uniform(1, 5));
  const threshold = source.uniform(0.55, 0.85);
  const softness = source.uniform(0.02, 0.08);
  const above = sky(x).data;
  const lit = mapped(light, (value, pixel) =>
    Math.max(above[pixel]!, sigmoid((value - threshold) / softness)),
  );
  if (mean(lit) >= 0.03) return lit;
  const horizon = source.uniform(0.5, 0.8);
  return fieldOf(x, (_x, y, pixel) =>
    Math.max(lit.data[pixel]!, sigmoid((descent(y, x.height) - horizon) / 0.04)),
  );
}

/** Light falls off from the sky, or from one side. */
function dusk({ width, height }: Raster, gain: number, source: RandomSource): Raster {
  const isUpright = source.chance(0.7);
  const strength = source.uniform(0.5, 5);
  const exponent = source.uniform(0.7, 2);
  const places = smoothField(source, { width, height }, 3).data;
  return fieldOf({ width, height }, (x, y, pixel) => {
    const fall = isUpright ? descent(y, height) : descent(x, width);
    return gain * (1 + strength * fall ** exponent) * (0.7 + 0.6 * places[pixel]!);
  });
}

function withNoise(dark: Raster, source: RandomSource): Raster {
  const shot = source.uniform(...p.shot);
  const read = source.uniform(...p.read) * source.uniform(0, 1);
  return mapped(
    dark,
    (value) => value + Math.sqrt(shot * clamp(value) * 0.3 + read * read) * source.normal(),
  );
}

function crush(y: Raster, source: RandomSource): Raster {
  const black = source.uniform(0, 0.04);
  const contrast = source.uniform(0.95, 1.1);
  return mapped(y, (value) => clamp((value - black) * contrast));
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
