export { backendNames, type BackendName } from "./backend-name.js";
export type { Executor, ExecutorCallOptions, ExecutorRun, PixelBlock } from "./executor.js";
export { Pace } from "./pace.js";
export { startBackend, type StartedBackend } from "./start-backend.js";
export { startExecutor, type StartedExecutor } from "./start-executor.js";
export { TfjsBackend, type StartBackendOptions } from "./tfjs-backend.js";
export { TfjsExecutor } from "./tfjs-executor.js";
export { acquireDevice, type AcquiredDevice } from "./webgpu-device.js";
export {
  planPass,
  type BatchShape,
  type PassKind,
  type PassPlan,
  type PlannedBinding,
  type PlannedDispatch,
} from "./wgsl/plan.js";
export { layOutWeights, type WeightLayout } from "./wgsl/weight-layout.js";
export { WgslExecutor, type WgslExecutorOptions } from "./wgsl/wgsl-executor.js";
