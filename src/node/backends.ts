import * as tf from "@tensorflow/tfjs-core";
import { LimpidError } from "../sdk/base/index.js";
import { WebgpuDevice } from "../sdk/engine/index.js";

/** The tfjs backends that run in Node: plain JavaScript, WebAssembly, and WebGPU through Dawn. */
export const nodeBackendNames = ["cpu", "wasm", "webgpu"] as const;

/** A tfjs backend that runs in Node. */
export type NodeBackendName = (typeof nodeBackendNames)[number];

/**
 * Starts a tfjs backend and makes it the current one. Starting it again only makes it current.
 *
 * @param name - the backend
 * @throws {@link LimpidError} `BackendUnavailable` if it cannot start on this machine, with the reason
 */
export async function prepareNodeBackend(name: NodeBackendName): Promise<void> {
  try {
    tf.enableProdMode(); // without its advice to install tfjs-node
    if (!(name in tf.engine().registry)) await starters[name]();
    if (!(await tf.setBackend(name))) throw new Error("tfjs could not start it");
  } catch (cause) {
    if (LimpidError.is(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LimpidError("BackendUnavailable", `backend ${name} is not available: ${reason}`, {
      cause,
      details: { backend: name },
    });
  }
}

const starters: Readonly<Record<NodeBackendName, () => Promise<void>>> = {
  async cpu() {
    await import("@tensorflow/tfjs-backend-cpu");
  },
  async wasm() {
    await import("@tensorflow/tfjs-backend-wasm");
  },
  async webgpu() {
    await installDawn();
    const { WebGPUBackend } = await import("@tensorflow/tfjs-backend-webgpu");
    const { gpu, info } = await WebgpuDevice.acquire({ acceptSoftware: true });
    // The factory that tfjs registers on import asks for a feature in a form that Dawn refuses on some devices.
    tf.removeBackend("webgpu");
    tf.registerBackend("webgpu", () => new WebGPUBackend(gpu, info));
  },
};

/**
 * Gives Node the WebGPU of Dawn, as `navigator.gpu` and the globals that a browser has. Does nothing if there is one.
 *
 * @returns the entry point to adapters and devices
 * @throws {@link LimpidError} `BackendUnavailable` if the optional package `webgpu` is not installed or cannot load
 */
export async function installDawn(): Promise<GPU> {
  const present = (globalThis.navigator as { gpu?: GPU } | undefined)?.gpu;
  if (present !== undefined) return present;
  try {
    const { create, globals } = await import("webgpu");
    Object.assign(globalThis, globals);
    const gpu = create([]);
    const realm = globalThis as unknown as { navigator?: object }; // Node 20 has none
    Object.defineProperty((realm.navigator ??= {}), "gpu", {
      value: gpu,
      configurable: true,
    });
    return gpu;
  } catch (cause) {
    throw new LimpidError(
      "BackendUnavailable",
      "backend webgpu needs the npm package `webgpu`, which cannot load",
      {
        cause,
        details: { backend: "webgpu" },
      },
    );
  }
}
