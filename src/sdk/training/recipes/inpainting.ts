import { aged } from "./aged.js";
import { drawnOn } from "./drawn-on.js";
import { faded } from "./faded.js";
import { film } from "./film.js";
import { parameters } from "./parameters.js";
import type { RandomSource } from "./random-source.js";
import { clamp, mapped, type Raster } from "./raster.js";
import { worn } from "./worn.js";

const p = parameters.inpainting;

/** Kinds of {@link inpainting}. */
type InpaintingKind = keyof typeof p.kinds;

/**
 * What happens to prints and film, and what people draw on photographs: age, creases, cracks, tears, missing corners,
 * stains, foxing, dust, scratches, fading, handwriting, brush strokes and blots. Printed text that belongs to a scene is not
 * among them.
 */
export function inpainting(x: Raster, severity: number, source: RandomSource, kind?: InpaintingKind): Raster {
  const way = kind ?? source.weighted(p.kinds);
  if (way === "marks") return drawnOn(x, severity, source);
  if (way === "aged") return aged(x, severity, source);
  if (way === "print" && source.chance(p.old)) {
    return worn(mapped(aged(x, severity * source.uniform(0.3, 0.8), source), clamp), severity, source);
  }
  const y = source.chance(p.faded) ? faded(x, severity, source) : x;
  return way === "film" ? film(y, severity, source) : worn(y, severity, source);
}
