import { convolve } from "./convolve.js";
import { apertureKernel, gaussianKernel, lineKernel, type Kernel } from "./kernel.js";
import { coded, linear, luma } from "./light.js";
import { parameters } from "./parameters.js";
import type { RandomSource } from "./random-source.js";
import { geometric, lerp } from "./range.js";
import { clamp, mapped, type Raster } from "./raster.js";
import { remapped, resample, resize, type Point } from "./resample.js";
import { shakeKernel } from "./shake-kernel.js";

const p = parameters.blur;

/** Kinds of {@link blur}. */
type BlurKind = keyof typeof p.kinds;

/** Over how many positions of a turn or a zoom the mean is taken. */
const poses = 12;

/**
 * Blur in linear light, so that lamps streak: hand-shake, panning, defocus through an aperture, a soft lens, turning or
 * zooming, and enlargement. Lengths and radii in pixels grow with severity through the ranges of `parameters`.
 */
export function blur(x: Raster, severity: number, source: RandomSource, kind?: BlurKind): Raster {
  const way = kind ?? source.weighted(p.kinds);
  if (way === "enlarged") return enlarged(x, geometric(p.enlarged, severity), source);
  const light = withLamps(x, source.uniform(...p.lamps));
  const y = coded(
    way === "turn"
      ? turned(light, lerp(p.turn, severity), source)
      : convolve(light, kernelOf(way, severity, source)),
  );
  if (!source.chance(p.noisy)) return y;
  const sigma = source.uniform(...p.noise) / 255;
  return mapped(y, (value) => value + sigma * source.normal());
}

/** Linear light in which what was clipped in the photograph is brighter than it shows. */
function withLamps(x: Raster, lamps: number): Raster {
  const light = linear(x);
  if (lamps <= 1) return light;
  const bright = luma(x).data;
  return mapped(
    light,
    (value, index) => value * (1 + lamps * clamp((bright[(index / 3) | 0]! - 0.88) / 0.12)),
  );
}

function kernelOf(
  kind: Exclude<BlurKind, "enlarged" | "turn">,
  severity: number,
  source: RandomSource,
): Kernel {
  switch (kind) {
    case "shake":
      return shakeKernel(source, geometric(p.shake, severity));
    case "pan":
      return lineKernel(geometric(p.pan, severity), source.uniform(0, Math.PI), source.uniform(0.4, 0.9));
    case "defocus": {
      const blades = source.choice([0, 0, 5, 6, 7, 8]);
      return apertureKernel(geometric(p.defocus, severity), blades, source.uniform(0, Math.PI));
    }
    case "gaussian": {
      const sigma = geometric(p.gaussian, severity);
      const across = Math.max(0.5, sigma * source.uniform(0.4, 1));
      return gaussianKernel(sigma, across, source.uniform(0, Math.PI));
    }
  }
}

/** The mean over a rotation about a point of the frame, or over a zoom towards it. */
function turned(light: Raster, amount: number, source: RandomSource): Raster {
  const centerX = source.uniform(-0.2, 1.2) * light.width;
  const centerY = source.uniform(-0.2, 1.2) * light.height;
  const zooms = source.chance(0.4);
  const data = new Float32Array(light.data.length);
  for (let pose = 0; pose < poses; pose++) {
    const at = (pose / (poses - 1) - 0.5) * amount;
    const scale = zooms ? 1 / (1 + at) : 1;
    const cosine = scale * Math.cos(zooms ? 0 : at);
    const sine = scale * Math.sin(zooms ? 0 : at);
    const placeOf = (x: number, y: number, out: Point): void => {
      out.x = centerX + cosine * (x - centerX) - sine * (y - centerY);
      out.y = centerY + sine * (x - centerX) + cosine * (y - centerY);
    };
    const moved = remapped(light, placeOf, "replicate").data;
    for (let index = 0; index < data.length; index++) data[index]! += moved[index]! / poses;
  }
  return { ...light, data };
}

/** A small picture made larger: what a thumbnail or a cut-out face looks like. */
function enlarged(x: Raster, factor: number, source: RandomSource): Raster {
  const { width, height } = x;
  const small = resize(x, Math.max(8, Math.round(width / factor)), Math.max(8, Math.round(height / factor)));
  return resample(small, width, height, source.choice(["cubic", "cubic", "linear", "lanczos"]));
}
