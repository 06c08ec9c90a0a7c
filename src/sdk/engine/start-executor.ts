import type { BackboneConfig } from "../backbone/index.js";
import { LimpidError } from "../base/index.js";
import type { FactorStoreOptions } from "../experts/index.js";
import type { TensorFile } from "../weights/index.js";
import type { Executor } from "./executor.js";
import type { TfjsBackend } from "./tfjs-backend.js";
import type { TilePoolOptions } from "./tile-workers/tile-pool.js";

/** An executor that runs, and why it is not the faster kind if it is not. */
export interface StartedExecutor {
  /** The executor, for the caller to dispose before its backend. */
  readonly executor: Executor;
  /** Why the fused kernels were passed over on WebGPU or WebAssembly; undefined if they were not. */
  readonly fallbackReason: string | undefined;
}

/**
 * Makes the fastest executor that a backend and a network allow: fused kernels on WebGPU and WebAssembly, there in several
 * workers if there are any; tfjs's ops where those do not run.
 *
 * @param backend - where to compute; it stays the caller's
 * @param file - the base's tensors
 * @param config - the base's network
 * @param resident - how many experts stay on the device between runs
 * @param workers - what restores tiles side by side with the WebAssembly kernels; nothing if left out
 * @returns the executor and the reason for a fallback
 * @throws {@link LimpidError} `WeightsCorrupt` if the tensors do not fit the network, `InvalidArgument`, `DeviceLost`,
 * `Disposed`
 */
export async function startExecutor(
  backend: TfjsBackend,
  file: TensorFile,
  config: BackboneConfig,
  resident: FactorStoreOptions = {},
  workers?: TilePoolOptions,
): Promise<StartedExecutor> {
  let fallbackReason: string | undefined;
  if (backend.name === "webgpu") {
    try {
      // Loaded only here: a page without WebGPU does without the kernels.
      const { WgslExecutor } = await import("./wgsl/wgsl-executor.js");
      const executor = await WgslExecutor.prepare(backend, file, config, { resident });
      return { executor, fallbackReason };
    } catch (error) {
      if (!LimpidError.is(error, "BackendUnavailable")) throw error;
      fallbackReason = error.message;
    }
  }
  if (backend.name === "wasm") {
    try {
      return { executor: await startWasm(file, config, resident, workers), fallbackReason };
    } catch (error) {
      if (!LimpidError.is(error, "BackendUnavailable")) throw error;
      fallbackReason = error.message;
    }
  }
  const { TfjsExecutor } = await import("./tfjs-executor.js");
  return { executor: new TfjsExecutor(backend, file, config, resident), fallbackReason };
}

/** Loads its code only here: most pages have a GPU. */
async function startWasm(
  file: TensorFile,
  config: BackboneConfig,
  resident: FactorStoreOptions,
  workers: TilePoolOptions | undefined,
): Promise<Executor> {
  const { WasmExecutor } = await import("./wasm/wasm-executor.js");
  const executor = await WasmExecutor.prepare(file, config, { resident });
  if (workers === undefined) return executor;
  try {
    const { TileWorkersExecutor } = await import("./tile-workers/tile-workers-executor.js");
    return new TileWorkersExecutor(executor, workers);
  } catch (error) {
    executor.dispose();
    throw error;
  }
}
