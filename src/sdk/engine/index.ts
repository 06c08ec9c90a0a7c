/**
 * What computes: backends and devices, and the executors that run the backbone with tfjs, WebGPU or WebAssembly, in tile
 * workers too. It says why a faster one was passed over.
 */
export { backendNames, type BackendName } from "./backend-name.js";
export { denseLayer, geluOf } from "./dense-layer.js";
export type { Executor, ExecutorCallOptions, ExecutorRun, PixelBlock } from "./executor.js";
export { lacksTfjs } from "./no-tfjs.js";
export { Pace } from "./pace.js";
export { startBackend, type StartedBackend } from "./start-backend.js";
export { startExecutor, type StartedExecutor, type StartExecutorOptions } from "./start-executor.js";
export { TfjsBackend, type StartBackendOptions } from "./tfjs-backend.js";
export { TfjsExecutor } from "./tfjs-executor.js";
export { TfjsRun, type TfjsRunOptions } from "./tfjs-run.js";
export { serveTiles } from "./tile-workers/serve-tiles.js";
export type { TilePoolOptions } from "./tile-workers/tile-pool.js";
export {
  pageTileWorkers,
  tileWorkerName,
  tileWorkersFor,
  type TileWorkerFactory,
  type TileWorkerOptions,
} from "./tile-workers/tile-worker.js";
export { TileWorkersExecutor } from "./tile-workers/tile-workers-executor.js";
export { floatBytes, KernelMemory } from "./wasm/kernel-memory.js";
export { compileKernels, instantiateKernels, type Kernels } from "./wasm/kernels.js";
export { packPanels } from "./wasm/pack-weights.js";
export {
  blockFields,
  blockParts,
  layerFields,
  modes,
  type BlockRecord,
  type LayerRecord,
} from "./wasm/records.js";
export { paddedOutputs } from "./wasm/weight-layout.js";
export { WasmExecutor } from "./wasm/wasm-executor.js";
export { WebgpuDevice } from "./webgpu-device.js";
export type { PassKind } from "./run-input.js";
export { planPass } from "./wgsl/plan.js";
export type { Precision } from "./wgsl/precision.js";
export { layOutWeights } from "./wgsl/weight-layout.js";
export { WgslExecutor } from "./wgsl/wgsl-executor.js";
