import * as tf from "@tensorflow/tfjs-core";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";

/**
 * Loads tfjs's backends with the kernels that restoring takes, a third of what their packages weigh. It stands in for
 * `tfjs-packages.ts` in pages, where a bundler resolves single modules of those packages.
 */

/** Gives tfjs its backend `cpu`. */
export async function loadCpu(): Promise<void> {
  register(await import("./tfjs-kernels/cpu.js"), "cpu");
}

/**
 * Gives tfjs its backend `wasm`.
 *
 * @param wasmPath - folder of its `.wasm` files, with a slash at its end; beside the script if left out
 */
export async function loadWasm(wasmPath?: string): Promise<void> {
  const { setWasmPaths, ...kernels } = { ...(await import("./tfjs-kernels/wasm.js")) };
  if (wasmPath !== undefined) setWasmPaths(wasmPath);
  register(kernels, "wasm");
}

/** Loads tfjs's backend for WebGPU. */
export async function loadWebgpu(backendName: string): Promise<typeof WebGPUBackend> {
  const { WebGPUBackend: Backend, ...kernels } = { ...(await import("./tfjs-kernels/webgpu.js")) };
  register(kernels, backendName);
  return Backend;
}

/** Registers those kernels that a backend lacks: an application may have registered its own. */
function register(kernels: Readonly<Record<string, tf.KernelConfig>>, backendName: string): void {
  for (const kernel of Object.values(kernels)) {
    if (tf.getKernel(kernel.kernelName, backendName) === undefined) {
      tf.registerKernel({ ...kernel, backendName });
    }
  }
}
