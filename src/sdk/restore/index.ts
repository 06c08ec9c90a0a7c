/**
 * Whole restores: a model is loaded, the router's findings become a mixture, and the image is cut into tiles and joined
 * again. A session runs one after the other, on a new device if one is lost.
 */
export { loadModel, type LoadedModel } from "./model.js";
export type { ModelExpert, ModelFile, ModelManifest } from "./model-manifest.js";
export type { Analysis } from "./analysis.js";
export type { ExpertChoice } from "./mixture.js";
export { modelFromFiles, modelFromUrl, type ModelSource } from "./model-source.js";
export type {
  AnalyzeOptions,
  AppliedExpert,
  RestorableImage,
  RestoreOptions,
  RestoreProgress,
  RestoreResult,
  RestoreTimings,
} from "./options.js";
export { RestoreSession, type BackendChange, type EngineOptions, type SessionOptions } from "./session.js";
export { TileBlender, type FinishedPart } from "./tile-blender.js";
export { planTiles, type Tile, type TilePlan, type TilePlanOptions } from "./tiles.js";
