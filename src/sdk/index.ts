/**
 * Blind photo restoration for image editors: what is wrong with a photo, and the photo without it.
 *
 * @module limpid
 */
export * from "./base/index.js";
export * from "./image/index.js";
export * from "./weights/index.js";
export * from "./backbone/index.js";
export * from "./experts/index.js";
export * from "./router/index.js";
export {
  acquireDevice,
  backendNames,
  Pace,
  startBackend,
  startExecutor,
  TfjsBackend,
  TfjsExecutor,
  TfjsRun,
  WgslExecutor,
  type AcquiredDevice,
  type BackendName,
  type CompileProgress,
  type Executor,
  type ExecutorCallOptions,
  type ExecutorRun,
  type PixelBlock,
  type Precision,
  type StartBackendOptions,
  type StartedBackend,
  type StartedExecutor,
  type TfjsRunOptions,
  type TilePoolOptions,
  type TileWorker,
  type TileWorkerFactory,
  type TileWorkerOptions,
  type WgslExecutorOptions,
} from "./engine/index.js";
export * from "./restore/index.js";
export * from "./packs/index.js";
export * from "./extensions/index.js";
export * from "./limpid/index.js";
export * from "./host/index.js";
