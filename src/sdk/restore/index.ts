export {
  createLimpid,
  Limpid,
  type BackendChange,
  type ExpertDescription,
  type LimpidOptions,
} from "./limpid.js";
export { BandBlender, type FinishedBand } from "./band-blender.js";
export type { LoadedModel } from "./model.js";
export type { ModelExpert, ModelFile, ModelManifest } from "./model-manifest.js";
export type { ExpertChoice } from "./mixture.js";
export { modelFromFiles, modelFromUrl, type ModelSource } from "./model-source.js";
export type {
  AnalyzeOptions,
  AppliedExpert,
  RestoreOptions,
  RestoreProgress,
  RestoreResult,
  RestoreTimings,
} from "./options.js";
export { planTiles, type Tile, type TilePlan, type TilePlanOptions } from "./tiles.js";
