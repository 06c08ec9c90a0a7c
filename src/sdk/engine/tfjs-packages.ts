import * as tf from "@tensorflow/tfjs-core";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";

/**
 * Loads tfjs's backends as its packages have them, with all their kernels. In Node, whose module loader finds nothing but
 * the whole; a bundler for pages puts `tfjs-kernels.ts` in the place of this file, by the field `browser` of
 * `package.json`.
 */

/** Gives tfjs its backend `cpu`. */
export async function loadCpu(): Promise<void> {
  await import("@tensorflow/tfjs-backend-cpu");
}

/**
 * Gives tfjs its backend `wasm`.
 *
 * @param wasmPath - folder of its `.wasm` files, with a slash at its end; beside the script if left out
 */
export async function loadWasm(wasmPath?: string): Promise<void> {
  const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
  if (wasmPath !== undefined) setWasmPaths(wasmPath);
}

/** Loads tfjs's backend for WebGPU. */
export async function loadWebgpu(backendName: string): Promise<typeof WebGPUBackend> {
  const webgpu = await import("@tensorflow/tfjs-backend-webgpu");
  tf.copyRegisteredKernels("webgpu", backendName);
  return webgpu.WebGPUBackend;
}
