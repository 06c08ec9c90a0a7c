export { applyRecipe } from "./apply-recipe.js";
export { degradationKinds, degradationNames, degrade } from "./degrade.js";
export { roundTripJpeg, type ChromaSubsampling } from "./jpeg-round-trip.js";
export { severityOfSigma } from "./noise.js";
export { RandomSource } from "./random-source.js";
export type { Fault, Recipe } from "./recipe.js";
export { toRgbImage, type RgbImage } from "./rgb-image.js";
