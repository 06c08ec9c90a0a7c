import type { BackboneConfig } from "../backbone/index.js";
import { LimpidError, toDisposable, type Disposable } from "../base/index.js";
import type { FactorStoreOptions } from "../experts/index.js";
import type { TensorFile } from "../weights/index.js";
import type { BackendName } from "./backend-name.js";
import type { Executor } from "./executor.js";
import { loadTfjs } from "./load-tfjs.js";
import type { StartBackendOptions } from "./tfjs-backend.js";
import type { TilePoolOptions } from "./tile-workers/tile-pool.js";
import { WebgpuDevice } from "./webgpu-device.js";

/** What an executor is started with. */
export interface StartExecutorOptions extends Pick<StartBackendOptions, "wasmPath" | "checkWasm"> {
  /** The base's tensors. */
  readonly file: TensorFile;
  /** The base's network. */
  readonly config: BackboneConfig;
  /** How many experts stay on the device between runs. */
  readonly resident?: FactorStoreOptions;
  /** What restores tiles side by side with the WebAssembly kernels; nothing if left out. */
  readonly workers?: TilePoolOptions;
}

/** An executor that runs. It is disposed with this, and so is the device that was started for it. */
export interface StartedExecutor extends Disposable {
  readonly executor: Executor;
  /** Why something faster was passed over, first to last; empty if nothing was. */
  readonly fallbackReasons: readonly string[];
}

/**
 * Makes the fastest executor that the machine and a network allow: fused kernels on WebGPU or WebAssembly, there in several
 * workers if there are any; tfjs's ops, which are loaded only then, where those do not run. With `"auto"` it is WebGPU on a
 * real GPU and else WebAssembly. What was passed over is said, never hidden.
 *
 * @param choice - where to compute, or `"auto"`
 * @param options - the network, and what it may take
 * @returns the executor, for the caller to dispose
 * @throws {@link LimpidError} `BackendUnavailable` if the chosen backend, or with `"auto"` every one, does not start;
 * `WeightsCorrupt` if the tensors do not fit the network, `InvalidArgument`, `DeviceLost`
 */
export async function startExecutor(
  choice: "auto" | BackendName,
  options: StartExecutorOptions,
): Promise<StartedExecutor> {
  if (choice === "webgpu") return startOnGpu(await WebgpuDevice.acquire({ acceptSoftware: true }), options);
  if (choice === "wasm") return startOnWasm(options, []);
  if (choice === "cpu") return startOnTfjs("cpu", options, []);
  const passedOver: string[] = [];
  try {
    // A GPU that is emulated on the CPU is slower than WebAssembly on the same CPU.
    return await startOnGpu(await WebgpuDevice.acquire({ acceptSoftware: false }), options);
  } catch (error) {
    passedOver.push(reasonOf(error));
  }
  return startOnWasm(options, passedOver);
}

async function startOnGpu(device: WebgpuDevice, options: StartExecutorOptions): Promise<StartedExecutor> {
  const { file, config, resident } = options;
  try {
    // Loaded only here: a page without WebGPU does without the kernels.
    const { WgslExecutor } = await import("./wgsl/wgsl-executor.js");
    const executor = await WgslExecutor.prepare(device, file, config, { ...(resident && { resident }) });
    return started(executor, device, []);
  } catch (error) {
    if (LimpidError.is(error, "BackendUnavailable")) return startOnTfjs(device, options, [error.message]);
    device.dispose();
    throw error;
  }
}

async function startOnWasm(
  options: StartExecutorOptions,
  passedOver: readonly string[],
): Promise<StartedExecutor> {
  const { file, config, resident, workers } = options;
  try {
    const { WasmExecutor } = await import("./wasm/wasm-executor.js");
    const executor = await WasmExecutor.prepare(file, config, { ...(resident && { resident }) });
    if (workers === undefined) return started(executor, undefined, passedOver);
    try {
      const { TileWorkersExecutor } = await import("./tile-workers/tile-workers-executor.js");
      return started(new TileWorkersExecutor(executor, workers), undefined, passedOver);
    } catch (error) {
      executor.dispose();
      throw error;
    }
  } catch (error) {
    return startOnTfjs("wasm", options, [...passedOver, reasonOf(error)]);
  }
}

async function startOnTfjs(
  place: "wasm" | "cpu" | WebgpuDevice,
  { file, config, resident, wasmPath, checkWasm }: StartExecutorOptions,
  passedOver: readonly string[],
): Promise<StartedExecutor> {
  const { TfjsBackend, TfjsExecutor } = await loadTfjs(passedOver);
  const backend =
    typeof place === "string"
      ? await TfjsBackend.start(place, {
          ...(wasmPath !== undefined && { wasmPath }),
          ...(checkWasm && { checkWasm }),
        })
      : await TfjsBackend.onDevice(place);
  try {
    return started(new TfjsExecutor(backend, file, config, resident), backend, passedOver);
  } catch (error) {
    backend.dispose();
    throw error;
  }
}

function started(
  executor: Executor,
  device: Disposable | undefined,
  fallbackReasons: readonly string[],
): StartedExecutor {
  return {
    executor,
    fallbackReasons,
    ...toDisposable(() => {
      executor.dispose();
      device?.dispose();
    }),
  };
}

/** Only what does not run here is passed over. */
function reasonOf(error: unknown): string {
  if (!LimpidError.is(error, "BackendUnavailable")) throw error;
  return error.message;
}
