import { LimpidError } from "../../base/index.js";
import type { PixelImage } from "../../image/index.js";
import { blur } from "./blur.js";
import { haze } from "./haze.js";
import { inpainting } from "./inpainting.js";
import { jpeg } from "./jpeg.js";
import { lowLight } from "./low-light.js";
import { noise } from "./noise.js";
import { parameters } from "./parameters.js";
import { rain } from "./rain.js";
import { raindrop } from "./raindrop.js";
import { RandomSource } from "./random-source.js";
import { clamp, mapped, type Raster } from "./raster.js";
import type { Fault } from "./recipe.js";
import { toPixelImage, toRgbImage } from "./rgb-image.js";
import { shadow } from "./shadow.js";
import { snow } from "./snow.js";

/** How one of the shipped degradations is made. Its kinds are checked before it is asked for one. */
interface ShippedRecipe {
  /** Damages a picture with values in 0..1, which is not changed; the new one is not yet clipped. */
  apply(x: Raster, severity: number, source: RandomSource, kind?: string): Raster;
}

/** The recipes, in the order in which faults happen to a photograph: scene, lens, sensor, file, then the print. */
const recipes: Readonly<Record<keyof typeof parameters, ShippedRecipe>> = {
  "low-light": { apply: lowLight },
  shadow: { apply: shadow },
  haze: { apply: haze },
  rain: { apply: rain },
  snow: { apply: snow },
  raindrop: { apply: raindrop },
  blur: { apply: blur },
  noise: { apply: noise },
  jpeg: { apply: jpeg },
  inpainting: { apply: inpainting },
};

/** The degradations that {@link degrade} knows, in the order in which it applies them. */
export const degradationNames: readonly string[] = Object.keys(recipes);

/** The kinds that {@link degrade} can be asked for, by degradation, such as `defocus` of `blur`. */
export const degradationKinds: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(parameters).flatMap(([degradation, values]) =>
    "kinds" in values ? [[degradation, Object.keys(values.kinds)]] : [],
  ),
);

/**
 * Damages an image as a camera, the weather and time would: one fault or several, applied in their physical order
 * whatever order they are given in. The recipes draw from the same distributions as those that the models are trained
 * with (`training/limpid_training/damage`, with the ranges of `training/recipes.json`), not the same random numbers.
 *
 * @param image - a clean image of any kind; not changed. Colours under transparent pixels are damaged like any others
 * @param faults - degradations from {@link degradationNames} with their severity
 * @param seed - a safe integer; the same seed gives the same result
 * @returns 8-bit RGB of the same size, with the image's alpha if it has one
 * @throws {@link LimpidError} `InvalidArgument` for an unknown degradation or kind, a severity outside 0..1, or a seed that
 * is not a safe integer
 *
 * @example
 * ```ts
 * const rainy = degrade(clean, [{ degradation: "rain", severity: 0.5 }], 1);
 * const before = degrade(clean, [{ degradation: "haze", severity: 0.3 }, { degradation: "noise", severity: 0.2 }], 2);
 * ```
 */
export function degrade(image: PixelImage, faults: readonly Fault[], seed: number): PixelImage {
  const source = new RandomSource(seed);
  for (const fault of faults) checkFault(fault);
  const { width, height, rgb } = toRgbImage(image);
  let picture: Raster = { width, height, channels: 3, data: rgb };
  for (const [name, recipe] of Object.entries(recipes)) {
    for (const { severity, kind } of faults.filter(({ degradation }) => degradation === name)) {
      picture = mapped(recipe.apply(picture, severity, source, kind), clamp);
    }
  }
  return toPixelImage({ width, height, rgb: picture.data }, image);
}

function checkFault({ degradation, severity, kind }: Fault): void {
  if (!degradationNames.includes(degradation)) {
    throw new LimpidError(
      "InvalidArgument",
      `no recipe for ${JSON.stringify(degradation)}; there are ${degradationNames.join(", ")}`,
      { details: { degradation, known: degradationNames } },
    );
  }
  const kinds = degradationKinds[degradation] ?? [];
  if (kind !== undefined && !kinds.includes(kind)) {
    throw new LimpidError(
      "InvalidArgument",
      `no kind ${JSON.stringify(kind)} of ${degradation}; there are ${kinds.join(", ") || "none"}`,
      { details: { degradation, kind, known: kinds } },
    );
  }
  if (!(severity >= 0 && severity <= 1)) {
    throw new LimpidError(
      "InvalidArgument",
      `the severity of ${degradation} is ${severity}, expected 0 to 1`,
      {
        details: { degradation, severity },
      },
    );
  }
}
