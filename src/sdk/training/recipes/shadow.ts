import { gaussian } from "./gaussian.js";
import { coded, linear, luma } from "./light.js";
import { parameters } from "./parameters.js";
import { descent } from "./plausible-depth.js";
import type { RandomSource } from "./random-source.js";
import { lerp } from "./range.js";
import { clamp, fieldOf, mapped, mean, type Raster } from "./raster.js";
import { silhouette } from "./silhouette.js";
import { sky } from "./sky.js";

const p = parameters.shadow;

/** How often a silhouette of another size is tried. */
const attempts = 6;

/**
 * Cast shadows of people, hands, foliage, branches, fences and buildings: the sun is taken away and the blue light of the sky
 * stays. In the shadow linear light is multiplied by 0.5 down to 0.12.
 */
export function shadow(x: Raster, severity: number, source: RandomSource): Raster {
  const shade = softened(castOn(x, source), source).data;
  const ambient = lerp(p.ambient, severity) * source.uniform(0.85, 1.15);
  const blue = source.uniform(...p.blue);
  const losses = [blue ** -0.5, 1, blue ** 0.7].map((tint) => 1 - clamp(ambient * tint));
  const light = linear(x);
  return coded(mapped(light, (value, index) => value * (1 - shade[(index / 3) | 0]! * losses[index % 3]!)));
}

/** Where no sun comes, with hard edges. */
function castOn(x: Raster, source: RandomSource): Raster {
  // Nothing casts a shadow on the sky, and little on what rises into it.
  const horizon = source.chance(0.85) ? horizonOf(x) : 0;
  const lit = mapped(luma(x), (value) => clamp(4 * value - 0.6));
  let mask = silhouettes(x, horizon, source);
  for (let attempt = 1; attempt < attempts && !isOfUse(mask, lit); attempt++) {
    mask = silhouettes(x, horizon, source);
  }
  return mask;
}

/** The first row under the lowest one of which a quarter is sky. */
function horizonOf(x: Raster): number {
  const { data, width } = sky(x);
  for (let y = x.height - 1; y >= 0; y--) {
    let sum = 0;
    for (let pixel = y * width; pixel < (y + 1) * width; pixel++) sum += data[pixel]!;
    if (sum > 0.25 * width) return y + 1;
  }
  return 0;
}

function silhouettes(x: Raster, horizon: number, source: RandomSource): Raster {
  const mask = silhouette(source, x);
  const other = source.chance(0.3) ? silhouette(source, x).data : mask.data;
  return mapped(mask, (value, pixel) => (pixel < horizon * x.width ? 0 : Math.max(value, other[pixel]!)));
}

/** On what is dark already no shadow shows. */
function isOfUse(mask: Raster, lit: Raster): boolean {
  const shown = mapped(mask, (value, pixel) => value * lit.data[pixel]!);
  return mean(shown) > p.smallest && mean(mask) < p.largest;
}

/** The farther what casts it, the softer its edge. */
function softened(mask: Raster, source: RandomSource): Raster {
  const { width, height } = mask;
  const soft = source.logarithmic(...p.penumbra) * Math.max(width, height);
  const near = gaussian(mask, soft);
  if (!source.chance(p.growing)) return near;
  const isFarAbove = source.chance(0.5);
  const far = gaussian(mask, soft * source.uniform(2, 5)).data;
  return fieldOf(mask, (_, y, pixel) => {
    const distance = isFarAbove ? descent(y, height) : 1 - descent(y, height);
    return near.data[pixel]! * (1 - distance) + far[pixel]! * distance;
  });
}
