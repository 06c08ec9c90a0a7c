import { parameters } from "./parameters.js";
import { anywhere, cover, pen, stroke } from "./pen.js";
import type { RandomSource } from "./random-source.js";
import { lerp } from "./range.js";
import { blankField, type Raster } from "./raster.js";
import { specks } from "./specks.js";

/** A scanned negative or a projected film: vertical scratches, hairs and dust, all white or all black. */
export function film(x: Raster, severity: number, source: RandomSource): Raster {
  const mask = blankField(x);
  for (let count = source.integer(0, Math.round(lerp([1, 14], severity))); count > 0; count--) {
    drawScratch(mask, source);
  }
  for (let count = source.integer(1, Math.round(lerp([2, 20], severity))); count > 0; count--) {
    const hair = pen(source, 14, anywhere(source, x), 0.5, source.uniform(1.5, 7));
    stroke(mask, hair, source.uniform(1, 2), source.integer(120, 255) / 255);
  }
  specks(source, mask, Math.round(lerp(parameters.inpainting.dust, severity)));
  const tone = source.choice([1, 0.96, 0.03]);
  return cover(x, mask, [tone, tone, tone], source.uniform(0, 0.6));
}

/** From edge to edge or a part of it. */
function drawScratch(mask: Raster, source: RandomSource): void {
  const { width, height } = mask;
  const column = source.uniform(0, width);
  const isWhole = source.chance(0.5);
  const from = isWhole ? 0 : source.uniform(0, height);
  const to = isWhole ? height : source.uniform(0, height);
  const line = [
    [column, from],
    [column + source.uniform(-3, 3), to],
  ] as const;
  stroke(mask, line, source.uniform(1, 2.2), source.integer(60, 220) / 255);
}
