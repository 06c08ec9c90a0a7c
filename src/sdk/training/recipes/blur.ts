import { convolve } from "./convolve.js";
import { discKernel, gaussianKernel, lineKernel, normalized } from "./kernel.js";
import { lerp, type Recipe } from "./recipe.js";

/**
 * Blur, y = k * x, of a camera that moved (a line of 3 to 25 px, half of them bent by a second, shorter one), that was out
 * of focus (a disc of radius 0.8 to 5 px), or of a soft lens (an anisotropic Gaussian of sigma 0.7 to 4 px). Motion is
 * twice as frequent as each of the others.
 */
export const blur: Recipe = {
  degradation: "blur",
  kinds: ["motion", "defocus", "gaussian"],
  apply(image, severity, source, kind) {
    const angle = (): number => source.uniform(0, Math.PI);
    switch (kind ?? source.choice(["motion", "motion", "defocus", "gaussian"])) {
      case "defocus":
        return convolve(image, normalized(discKernel(lerp(0.8, 5, severity))));
      case "gaussian": {
        const sigma = lerp(0.7, 4, severity);
        const across = Math.max(0.4, sigma * source.uniform(0.3, 1));
        return convolve(image, gaussianKernel(sigma, across, angle()));
      }
      default: {
        const line = normalized(lineKernel(lerp(3, 25, severity), angle(), 0.5));
        // A hand does not move in a straight line.
        const isBent = source.chance(0.5);
        const bend = normalized(lineKernel(lerp(2, 10, severity), angle(), 0.5));
        return convolve(isBent ? convolve(image, bend) : image, line);
      }
    }
  },
};
