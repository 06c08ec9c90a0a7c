export { degradationKinds, degradationNames, degrade } from "./degrade.js";
export { roundTripJpeg, type ChromaSubsampling } from "./jpeg-round-trip.js";
export { addGaussianNoise } from "./noise.js";
export type { Fault } from "./recipe.js";
