export {
  addGaussianNoise,
  degradationNames,
  degrade,
  roundTripJpeg,
  type ChromaSubsampling,
  type Fault,
} from "./recipes/index.js";
