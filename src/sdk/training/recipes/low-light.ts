import { lerp, type Recipe } from "./recipe.js";

/**
 * Too little light, by the Retinex form y = b (a x)^g + s n: gamma g 1.3 to 3.5, gains a and b together down to about 0.4,
 * and the noise of lifted shadows, sigma s up to 6 (in 255ths).
 */
export const lowLight: Recipe = {
  degradation: "low-light",
  apply({ rgb, ...size }, severity, source) {
    const gamma = lerp(1.4, 3.2, severity) * source.uniform(0.9, 1.1);
    const gain = source.uniform(0.9, 1) * lerp(0.95, 0.45, severity * source.uniform(0.6, 1));
    const exposure = source.uniform(0.9, 1);
    const sigma = (lerp(0.5, 4, severity) / 255) * source.uniform(0.3, 1.5);
    return {
      ...size,
      rgb: rgb.map((value) => gain * (exposure * value) ** gamma + sigma * source.normal()),
    };
  },
};
