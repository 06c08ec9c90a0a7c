import { faded } from "./faded.js";
import { gaussian } from "./gaussian.js";
import { parameters } from "./parameters.js";
import { cover } from "./pen.js";
import type { RandomSource } from "./random-source.js";
import { lerp } from "./range.js";
import { blankField, clamp, deviation, fieldOf, mapped, mean, type Raster } from "./raster.js";
import { smoothField } from "./smooth-field.js";
import { specks } from "./specks.js";

const p = parameters.inpainting;

/** A photograph of long ago as it lies in an album: soft, its lights spread, grainy, on mottled paper, pale or harsh, with dust. */
export function aged(x: Raster, severity: number, source: RandomSource): Raster {
  const longer = Math.max(x.width, x.height);
  const soft = gaussian(x, source.uniform(0.0005, 0.0035) * longer * severity);
  const lights = gaussian(
    mapped(soft, (value) => clamp(value - 0.6)),
    0.02 * longer,
  ).data;
  const spread = source.uniform(0, 0.8);
  // Few greys between black and white.
  const contrast = source.uniform(1, lerp(p.harsh, severity));
  const developed = mapped(soft, (value, index) =>
    clamp((value + lights[index]! * spread - 0.5) * contrast + 0.5),
  );
  const pale = faded(developed, source.chance(p.pale) ? severity : 0, source);
  const grainy = grained(mottled(pale, severity, source), severity, source);
  const mask = blankField(x);
  specks(source, mask, Math.round(lerp(p.dust, severity) * 0.4));
  const dust = source.choice([0.95, 0.1]);
  return cover(grainy, mask, [dust, dust, dust], source.uniform(0.3, 0.9));
}

/** On paper whose surface is uneven in the large and in the small. */
function mottled(x: Raster, severity: number, source: RandomSource): Raster {
  const large = smoothField(source, x, 5).data;
  const small = smoothField(source, x, 30).data;
  const fine = gaussian(random(x, source), 1).data;
  const paper = fieldOf(x, (_, __, pixel) => large[pixel]! + 0.6 * small[pixel]! + 0.4 * fine[pixel]!);
  const middle = mean(paper);
  const strength = lerp(p.mottle, severity) * source.uniform(0.3, 1.2);
  return mapped(x, (value, index) => value * (1 + (paper.data[(index / 3) | 0]! - middle) * strength));
}

function grained(x: Raster, severity: number, source: RandomSource): Raster {
  const size = source.uniform(0.4, 0.0025 * Math.max(x.width, x.height) + 0.5);
  const grain = gaussian(random(x, source), size);
  const strength = (lerp(p.grain, severity) * source.uniform(0.3, 1.2)) / (deviation(grain, 1) + 1e-6);
  return mapped(x, (value, index) => value + (grain.data[(index / 3) | 0]! - 0.5) * strength);
}

/** Independent numbers in 0..1, one channel. */
function random(x: Raster, source: RandomSource): Raster {
  return fieldOf(x, () => source.uniform(0, 1));
}
