/**
 * Degrades photos as the training of the models does, to make pairs of before and after.
 *
 * @module limpid/training
 */
export {
  addGaussianNoise,
  degradationKinds,
  degradationNames,
  degrade,
  roundTripJpeg,
  type ChromaSubsampling,
  type Fault,
} from "./recipes/index.js";
