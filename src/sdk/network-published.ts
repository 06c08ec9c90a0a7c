/**
 * LoRA-IR as it was published: its checkpoints, the backbone of width 64, the rank-8 experts, and the DG-Router on CLIP.
 *
 * @module limpid/network/published
 */
export { inferPublishedConfig } from "./backbone/index.js";
export { publishedBase, publishedExperts, type PublishedExpertsOptions } from "./experts/index.js";
export {
  clipMean,
  clipStandardDeviation,
  clipViewCount,
  clipViews,
  ClipVisionTower,
  DgRouter,
  inferClipVisionConfig,
  inferDgRouterConfig,
  listClipVisionTensors,
  type ClipVisionConfig,
  type DgRouterConfig,
  type DgRouterOutput,
} from "./router/index.js";
export { parsePyTorchCheckpoint, type CheckpointOptions } from "./weights/index.js";
