import { composed, discKernel, lineKernel, normalized, peaked, scale } from "./kernel.js";
import type { RandomSource } from "./random-source.js";
import { lerp, type Recipe } from "./recipe.js";
import { scatter } from "./scatter.js";

/** Radius in pixels of the flakes of each layer, far to near, and the share of the picture that they cover at severity 0.4. */
const layers = [
  { radius: 0.7, share: 0.06 },
  { radius: 1.4, share: 0.04 },
  { radius: 2.8, share: 0.03 },
] as const;

/**
 * Falling snow: flakes of three sizes, smeared along one wind within 50 degrees of upright, under a thin veil,
 * y = x (1 - z) + b z with the layers' maximum z.
 */
export const snow: Recipe = {
  degradation: "snow",
  apply({ width, height, rgb }, severity, source) {
    const wind = Math.PI / 2 + (source.uniform(-50, 50) * Math.PI) / 180;
    const flakes = new Float32Array(width * height);
    for (const layer of layers) addLayer(flakes, width, layer, severity, wind, source);
    const veil = source.uniform(0, 0.2) * severity;
    const brightness = source.uniform(0.9, 1);
    const snowy = new Float32Array(rgb.length);
    for (let index = 0; index < rgb.length; index++) {
      const flake = flakes[(index / 3) | 0]!;
      snowy[index] = (rgb[index]! * (1 - veil) + 0.85 * veil) * (1 - flake) + brightness * flake;
    }
    return { width, height, rgb: snowy };
  },
};

/** Draws one layer of flakes over those behind it. */
function addLayer(
  flakes: Float32Array,
  width: number,
  layer: { radius: number; share: number },
  severity: number,
  wind: number,
  source: RandomSource,
): void {
  const radius = layer.radius * source.uniform(0.7, 1.4);
  const coverage = layer.share * lerp(0.25, 2.2, severity) * source.uniform(0.5, 1.5);
  const path = normalized(
    lineKernel(Math.max(1, radius * source.uniform(0.5, 4)), wind, Math.max(0.4, radius * 0.3)),
  );
  // A flake that moves is fainter; in part the eye, and the camera, make up for it.
  const gain = Math.min(3, Math.sqrt(path.width));
  const stamp = scale(composed(peaked(discKernel(radius)), path), gain);
  const density = coverage / (Math.PI * radius ** 2);
  const plane = scatter(width, flakes.length / width, { density, stamp, weakest: 0.4 }, source);
  const opacity = source.uniform(0.6, 1);
  for (let index = 0; index < plane.length; index++) {
    flakes[index] = Math.max(flakes[index]!, opacity * Math.min(plane[index]!, 1));
  }
}
