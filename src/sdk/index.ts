/**
 * Blind photo restoration for image editors: says what is wrong with a photo, and repairs it. These are the names that an
 * integrator or the author of a host needs; packs are made with `limpid/authoring`, extensions written with
 * `limpid/extension`, pipelines composed with `limpid/network`.
 *
 * @module limpid
 */

// Restore
export { createLimpid, type Limpid, type LimpidOptions } from "./limpid/index.js";
export { modelFromFiles, modelFromUrl, type ModelSource } from "./restore/index.js";
export type {
  Analysis,
  AnalyzeOptions,
  AppliedExpert,
  BackendChange,
  EngineOptions,
  ExpertChoice,
  RestorableImage,
  RestoreOptions,
  RestoreProgress,
  RestoreResult,
  RestoreTimings,
} from "./restore/index.js";
export type { DegradationProbability, WindowAnalysis } from "./router/index.js";
export type { BackendName, TileWorkerFactory, TileWorkerOptions } from "./engine/index.js";
export { version, type WorkerPort } from "./base/index.js";

// Images
export {
  applyOrientation,
  crop,
  decodePng,
  encodePng,
  PixelImage,
  type CanvasPixels,
  type ChannelCount,
  type ColorSpace,
  type DecodedPng,
  type DecodePngOptions,
  type EncodePngOptions,
  type ExifOrientation,
  type PixelData,
  type PixelImageInit,
  type Rect,
} from "./image/index.js";

// Experts and packs
export type {
  Expert,
  ExpertBase,
  ExpertChange,
  ExpertEntry,
  ExpertOptions,
  ExpertSet,
  ExpertUpdate,
  InstalledExpert,
  RouterRow,
} from "./experts/index.js";
export {
  memoryStore,
  openCacheStorage,
  packFilesFromArchive,
  packFromFiles,
  packFromNpm,
  packFromUrl,
  type ArchiveOptions,
  type ByteStore,
  type FetchPackOptions,
  type InstalledPack,
  type InstallOptions,
  type OpenedFile,
  type OpenFileOptions,
  type PackCache,
  type PackChange,
  type PackIdentity,
  type PackOptions,
  type PackProgress,
  type PackProvenance,
  type PackReplacement,
  type Packs,
  type PackSource,
  type ReplacementReason,
  type SignatureOptions,
  type StoredBytes,
  type TrustedKey,
  type UnusablePack,
} from "./packs/index.js";

// Extensions
export {
  extensionWorkersFromUrl,
  memoryStorage,
  webStorage,
  type CommandCall,
  type CommandDescription,
  type CommandExecution,
  type CommandHandler,
  type CommandPresentation,
  type Commands,
  type Configuration,
  type ConfigurationChange,
  type ContextChange,
  type ContextKeys,
  type ContextLookup,
  type ContextValue,
  type Extension,
  type ExtensionActivation,
  type ExtensionBisect,
  type ExtensionLogLine,
  type ExtensionOptions,
  type Extensions,
  type ExtensionsChange,
  type ExtensionState,
  type ExtensionTimeouts,
  type ExtensionWorker,
  type ExtensionWorkerFactory,
  type ExtensionWorkerOptions,
  type KeyValueStorage,
  type MenuContribution,
  type MenuItem,
  type Menus,
  type SettingDescription,
  type SettingValue,
  type WhenExpression,
} from "./extensions/index.js";
export type { Diagnostics, DiagnosticsReport, ExtensionReport } from "./limpid/index.js";

// Hosts
export {
  boundsOfMask,
  composeTransforms,
  fitResult,
  HeadlessHost,
  HostCommandList,
  identityTransform,
  invertTransform,
  maskOfRect,
  resizeMask,
  resizePlacement,
  resolveCommitMode,
  transformPoint,
  type Capture,
  type CaptureOptions,
  type CaptureTarget,
  type Commit,
  type CommitMode,
  type CommitOptions,
  type EditorHost,
  type FittedResult,
  type HeadlessHostOptions,
  type HeadlessLayer,
  type HeadlessLayerInit,
  type HostCapabilities,
  type HostChoice,
  type HostCommand,
  type HostMenu,
  type HostMenuItem,
  type HostNotification,
  type HostProgress,
  type HostProgressOptions,
  type HostProgressReporter,
  type HostQuestion,
  type HostRun,
  type HostSelection,
  type Placement,
  type Point,
  type RestoreOnOptions,
  type Transform,
} from "./host/index.js";

// Errors, events, lifetimes
export {
  DisposableStore,
  EventEmitter,
  LimpidError,
  throwIfAborted,
  toDisposable,
  type Disposable,
  type Event,
  type LimpidErrorCode,
  type LimpidErrorOptions,
} from "./base/index.js";
