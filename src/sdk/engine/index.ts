export { backendNames, type BackendName } from "./backend-name.js";
export type { Executor, ExecutorCallOptions, ExecutorRun, PixelBlock } from "./executor.js";
export { Pace } from "./pace.js";
export { startBackend, type StartedBackend } from "./start-backend.js";
export { startExecutor, type StartedExecutor } from "./start-executor.js";
export { TfjsBackend, type StartBackendOptions } from "./tfjs-backend.js";
export { TfjsExecutor } from "./tfjs-executor.js";
export { TfjsRun, type TfjsRunOptions } from "./tfjs-run.js";
export { serveTiles } from "./tile-workers/serve-tiles.js";
export type { TilePoolOptions } from "./tile-workers/tile-pool.js";
export {
  tileWorkersFor,
  type TileWorker,
  type TileWorkerFactory,
  type TileWorkerOptions,
} from "./tile-workers/tile-worker.js";
export { TileWorkersExecutor } from "./tile-workers/tile-workers-executor.js";
export { WasmExecutor } from "./wasm/wasm-executor.js";
export { acquireDevice, type AcquiredDevice } from "./webgpu-device.js";
export type { CompileProgress } from "./wgsl/pipelines.js";
export { planPass, type PassKind } from "./wgsl/plan.js";
export type { Precision } from "./wgsl/precision.js";
export { layOutWeights } from "./wgsl/weight-layout.js";
export { WgslExecutor, type WgslExecutorOptions } from "./wgsl/wgsl-executor.js";
