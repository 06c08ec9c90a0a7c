/**
 * Says what is wrong with an image: the router that ships, and LoRA-IR's published one on CLIP. It gives probabilities and
 * the embedding that steers the backbone.
 */
export { inferClipVisionConfig, listClipVisionTensors, type ClipVisionConfig } from "./clip-config.js";
export { clipMean, clipStandardDeviation, clipViewCount, clipViews } from "./clip-views.js";
export { ClipVisionTower } from "./clip-vision-tower.js";
export { DgRouter, inferDgRouterConfig, type DgRouterConfig, type DgRouterOutput } from "./dg-router.js";
export { type Analysis, type DegradationProbability, type WindowAnalysis } from "./analysis.js";
export {
  validateCompactRouterConfig,
  type CompactRouterConfig,
  type RouterEncoderConfig,
} from "./compact-config.js";
export {
  CompactRouter,
  listRouterParameters,
  type CompactRouterOptions,
  type CompactRouterOutput,
} from "./compact-router.js";
export { compactViews, windowCells, windowOrigins, type CompactViews } from "./compact-views.js";
