import * as tf from "@tensorflow/tfjs-core";
import { LimpidError, type Disposable } from "../base/index.js";
import type { BackendName } from "./backend-name.js";
import { loadCpu, loadWasm, loadWebgpu } from "./tfjs-packages.js";
import { WebgpuDevice } from "./webgpu-device.js";

/** How to start a backend. */
export interface StartBackendOptions {
  /**
   * Folder, with a slash at its end, from which a page loads tfjs's `.wasm` files; beside the script if left out. In
   * Node they are found in the package.
   */
  readonly wasmPath?: string;
  /** Checks one of these files by its name, before it is loaded. */
  readonly checkWasm?: (file: string) => Promise<unknown>;
  /** Whether a WebGPU adapter that emulates a GPU on the CPU will do. */
  readonly acceptSoftware?: boolean;
}

/** Numbers the WebGPU backends, since tfjs knows each by a name of its own. */
let started = 0;
/** The last start: of tfjs, and of its `wasm`, a page has one, which is not to be started twice. */
let lastStart: Promise<unknown> = Promise.resolve();

/**
 * A tfjs backend that computations can be run on without disturbing another user of tfjs on the same page. A WebGPU one
 * has a device of its own, destroyed with it; `wasm` and `cpu` are tfjs's own, which a page has once.
 */
export class TfjsBackend implements Disposable {
  readonly [Symbol.dispose] = (): void => this.dispose();
  /** Which one it is. */
  readonly name: BackendName;
  /** The WebGPU device, which belongs to this object; undefined on the CPU. */
  readonly device: WebgpuDevice | undefined;
  readonly #tfjsName: string;
  #disposed = false;

  private constructor(name: BackendName, tfjsName: string, device?: WebgpuDevice) {
    this.name = name;
    this.device = device;
    this.#tfjsName = tfjsName;
  }

  /**
   * Starts a backend.
   *
   * @param name - which one
   * @param options - where its parts are
   * @returns the backend, for the caller to dispose
   * @throws {@link LimpidError} `BackendUnavailable` with the reason, if it cannot start here
   */
  static start(name: BackendName, options: StartBackendOptions = {}): Promise<TfjsBackend> {
    const start = lastStart.then(() =>
      name === "webgpu"
        ? TfjsBackend.#startOnGpu(options.acceptSoftware ?? true)
        : TfjsBackend.#startOnCpu(name, options),
    );
    lastStart = start.catch(() => undefined);
    return start;
  }

  static async #startOnCpu(name: "wasm" | "cpu", options: StartBackendOptions): Promise<TfjsBackend> {
    const before = activeBackend();
    try {
      await (name === "wasm" ? loadWasm(options.wasmPath) : loadCpu());
      if (name === "wasm") await options.checkWasm?.(await wasmFileName());
      await prepare(name);
      if (!(await tf.setBackend(name))) throw new Error(`tfjs did not start ${name}`);
    } catch (error) {
      if (LimpidError.is(error)) throw error;
      throw new LimpidError("BackendUnavailable", `the ${name} backend does not start: ${describe(error)}`, {
        cause: error,
      });
    } finally {
      if (before !== undefined) await tf.setBackend(before);
    }
    return new TfjsBackend(name, name);
  }

  static async #startOnGpu(acceptSoftware: boolean): Promise<TfjsBackend> {
    const device = await WebgpuDevice.acquire({ acceptSoftware });
    try {
      return await TfjsBackend.onDevice(device);
    } catch (error) {
      device.dispose();
      throw error;
    }
  }

  /**
   * Makes a backend on a device.
   *
   * @param device - it belongs to the backend from here on
   * @returns the backend, for the caller to dispose
   */
  static async onDevice(device: WebgpuDevice): Promise<TfjsBackend> {
    const name = `limpid-webgpu-${++started}`;
    const WebGPUBackend = await loadWebgpu(name);
    const backend = new WebGPUBackend(device.gpu, device.info);
    tf.registerBackend(name, () => backend, 0);
    const before = activeBackend();
    await tf.setBackend(name);
    if (before !== undefined) await tf.setBackend(before);
    return new TfjsBackend("webgpu", name, device);
  }

  /**
   * Runs a computation with this backend as tfjs's active one, and restores the one before. The switch holds for the
   * synchronous part only: after an `await`, wrap again.
   *
   * @param compute - what to run
   * @returns what `compute` returns
   * @throws {@link LimpidError} `Disposed` after disposal, `DeviceLost` if the device is gone; and what `compute` throws
   */
  run<T>(compute: () => T): T {
    if (this.#disposed) throw new LimpidError("Disposed", "a backend was used after disposal");
    this.device?.check();
    const before = activeBackend();
    if (before === this.#tfjsName) return compute();
    // setBackend is asynchronous only if it must start the backend.
    void tf.setBackend(this.#tfjsName);
    try {
      return compute();
    } finally {
      if (before !== undefined) void tf.setBackend(before);
    }
  }

  /**
   * Reads a tensor back. A device that is lost meanwhile fails the read instead of leaving it pending.
   *
   * @param tensor - a float32 tensor of this backend; not disposed
   * @returns its values
   * @throws {@link LimpidError} `DeviceLost` if the device is gone
   */
  read(tensor: tf.Tensor): Promise<Float32Array> {
    const read = tensor.data<"float32">();
    return this.device?.settle(read) ?? read;
  }

  /**
   * Says what is behind an error of this backend's.
   *
   * @param error - what its work failed with
   * @returns `DeviceLost` if its device is gone, else the error itself
   */
  explain(error: unknown): Promise<unknown> {
    return this.device?.explain(error) ?? Promise.resolve(error);
  }

  /** Destroys the WebGPU device, if there is one. Tensors on it are gone. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.device === undefined) return;
    tf.removeBackend(this.#tfjsName);
    for (const { kernelName } of tf.getKernelsForBackend(this.#tfjsName)) {
      tf.unregisterKernel(kernelName, this.#tfjsName);
    }
    this.device.dispose();
  }
}

/**
 * Makes one of tfjs's own backends and hands it to tfjs when it is done. tfjs itself would wait for it, and let nobody on
 * the page compute anything meanwhile, on whatever backend.
 */
async function prepare(name: "wasm" | "cpu"): Promise<void> {
  const { registry } = tf.engine();
  if (name in registry) return;
  const backend = await tf.findBackendFactory(name)();
  // Somebody else on the page, who did let tfjs wait, may have been faster.
  if (name in registry) return backend.dispose();
  tf.removeBackend(name);
  tf.registerBackend(name, () => backend, tfjsPriority[name]);
}

/** Which of its files tfjs chooses here. */
async function wasmFileName(): Promise<string> {
  const [hasSimd, hasThreads] = await Promise.all(
    ["WASM_HAS_SIMD_SUPPORT", "WASM_HAS_MULTITHREAD_SUPPORT"].map((flag) => tf.env().getAsync(flag)),
  );
  return `tfjs-backend-wasm${hasSimd && hasThreads ? "-threaded-simd" : hasSimd ? "-simd" : ""}.wasm`;
}

/** What tfjs gives its own backends: which one it chooses for somebody who chose none. */
const tfjsPriority = { cpu: 1, wasm: 2 } as const;

/** The name of tfjs's active backend, if one was chosen. Not `tf.getBackend`, which would choose one. */
function activeBackend(): string | undefined {
  return tf.engine().backendName || undefined;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
