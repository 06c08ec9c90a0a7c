/**
 * Router, backbone and experts as building blocks, for those who compose a pipeline of their own: weights, views, the forward
 * pass, merging, executors, tiles. `createLimpid` of `limpid` is made of them and is what an application needs.
 *
 * @module limpid/network
 */

// Weights
export {
  bytesPerElement,
  floatToHalf,
  halfToFloat,
  HostTensor,
  parseSafetensors,
  readTensorFile,
  serializeSafetensors,
  tensorBytesSha256,
  type TensorFile,
  type TensorType,
} from "./weights/index.js";

// Models
export {
  loadModel,
  type LoadedModel,
  type ModelExpert,
  type ModelFile,
  type ModelManifest,
} from "./restore/index.js";

// Images
export {
  bleedColorUnderAlpha,
  colorModelOfProfile,
  colorsOfCurve,
  colorsOfProfile,
  colorSpaceOfProfile,
  colorStatistics,
  convertBitDepth,
  describeSecondPicture,
  linearToSrgb,
  readColorDescription,
  readJpegSegments,
  readRgb,
  resizeArea,
  resizeBicubic,
  writeRgb,
  type Chromaticities,
  type ColorDescription,
  type JpegSegment,
  type ToneCurve,
} from "./image/index.js";

// Router
export {
  CompactRouter,
  compactViews,
  listRouterParameters,
  validateCompactRouterConfig,
  windowOrigins,
  type CompactRouterConfig,
  type CompactRouterOptions,
  type CompactRouterOutput,
  type Analysis as RouterAnalysis,
  type CompactViews,
  type DegradationProbability,
  type RouterEncoderConfig,
  type WindowAnalysis,
} from "./router/index.js";

// Backbone
export {
  backboneStride,
  BackboneWeights,
  computeModulation,
  globalPooling,
  listBackboneParameters,
  listStages,
  localPooling,
  Modulation,
  prepareBackbone,
  PreparedBackbone,
  recordedPooling,
  recordingPooling,
  registerGradientKernels,
  runBackbone,
  runBackboneInSteps,
  validateBackboneConfig,
  type AttentionPooling,
  type BackboneConfig,
  type BackboneParameter,
  type BackboneStage,
  type ModulatorConfig,
  type BiasedConvolution,
  type Convolution,
  type GatedConvolution,
  type NeededTensor,
  type ParameterKind,
  type PreparedBlock,
  type PreparedDecoder,
  type PreparedEncoder,
  type PreparedLayers,
  type PreparedModulator,
  type PreparedStage,
  type RunBackboneOptions,
  type StageModulation,
  type StageModulations,
  type WeightLookup,
} from "./backbone/index.js";

// Experts
export {
  Expert,
  ExpertSet,
  factorShapes,
  FactorStore,
  listExpertTargets,
  lowRankDelta,
  MergedWeights,
  mergeExperts,
  requireRouterRow,
  ResidentExperts,
  routerRowProbability,
  routeTopK,
  type DeviceFactors,
  type ExpertBase,
  type ExpertFactors,
  type ExpertInit,
  type ExpertSetBase,
  type ExpertTarget,
  type FactorShapes,
  type FactorStoreOptions,
  type MergeOptions,
  type MixtureEntry,
  type RouterRow,
} from "./experts/index.js";

// Executors
export {
  backendNames,
  startBackend,
  startExecutor,
  TfjsBackend,
  TfjsExecutor,
  WebgpuDevice,
  type BackendName,
  type Executor,
  type ExecutorCallOptions,
  type ExecutorRun,
  type PixelBlock,
  type Precision,
  type StartBackendOptions,
  type StartedBackend,
  type StartedExecutor,
  type StartExecutorOptions,
  type TfjsRun,
  type TfjsRunOptions,
  type TilePoolOptions,
} from "./engine/index.js";

// Tiles
export {
  planTiles,
  RestoreSession,
  TileBlender,
  type FinishedPart,
  type SessionOptions,
  type Tile,
  type TilePlan,
  type TilePlanOptions,
} from "./restore/index.js";
