/**
 * Where the network runs.
 *
 * - `webgpu`: the GPU, on a device that Limpid owns.
 * - `wasm`: the CPU, through tfjs's WebAssembly kernels.
 * - `cpu`: the CPU, in plain JavaScript; a hundred times slower, for checking the others.
 */
export type BackendName = "webgpu" | "wasm" | "cpu";

/** The backends, fastest first. */
export const backendNames: readonly BackendName[] = ["webgpu", "wasm", "cpu"];
