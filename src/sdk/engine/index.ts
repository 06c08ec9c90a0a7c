export { backendNames, type BackendName } from "./backend-name.js";
export type { Executor, ExecutorCallOptions, ExecutorRun, PixelBlock } from "./executor.js";
export { startBackend, type StartedBackend } from "./start-backend.js";
export { TfjsBackend, type StartBackendOptions } from "./tfjs-backend.js";
export { TfjsExecutor } from "./tfjs-executor.js";
export { acquireDevice, type AcquiredDevice } from "./webgpu-device.js";
