import { LimpidError, type Disposable } from "../base/index.js";

/** Limits that bound the size of a tile or the speed of a kernel; the adapter's own maximum is asked for. */
const limits = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupsPerDimension",
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** Features that kernels can use; those that the adapter has are asked for. */
const features = ["shader-f16", "subgroups", "timestamp-query"] as const satisfies readonly GPUFeatureName[];

/** How long failed work waits for news of a lost device, in milliseconds. */
const lossNoticeTime = 2000;

/** A WebGPU device, and what becomes of it. It is destroyed with this object. */
export class WebgpuDevice implements Disposable {
  readonly [Symbol.dispose] = (): void => this.dispose();
  readonly gpu: GPUDevice;
  /** What the adapter says of itself. */
  readonly info: GPUAdapterInfo;
  /** Resolves with the reason when the device is lost; never if it was disposed first. */
  readonly lost: Promise<string>;
  readonly #waits = new Set<(error: LimpidError) => void>();
  #loss: LimpidError | undefined;
  #disposed = false;

  private constructor(gpu: GPUDevice, info: GPUAdapterInfo) {
    this.gpu = gpu;
    this.info = info;
    this.lost = new Promise((resolve) => {
      void gpu.lost.then(({ message, reason }) => {
        if (this.#disposed) return;
        this.#loss = new LimpidError("DeviceLost", `the GPU device was lost: ${message || reason}`);
        for (const fail of this.#waits) fail(this.#loss);
        resolve(message || reason);
      });
    });
  }

  /**
   * Asks for the machine's fastest GPU, with the largest limits that it has.
   *
   * @param options - what to accept
   * @returns a new device, for the caller to dispose
   * @throws {@link LimpidError} `BackendUnavailable` with the reason, if there is none
   *
   * Source: the WebGPU specification, sections "GPU" and "GPUAdapter".
   */
  static async acquire(options: {
    /** Whether an adapter that emulates a GPU on the CPU will do: it is right, but slower than `wasm`. */
    readonly acceptSoftware: boolean;
  }): Promise<WebgpuDevice> {
    // Not typed as optional, but absent in insecure contexts, in `data:` frames and in older browsers.
    const gpu = (globalThis.navigator as Partial<Navigator> | undefined)?.gpu;
    if (gpu === undefined) {
      throw new LimpidError(
        "BackendUnavailable",
        "isSecureContext" in globalThis && !globalThis.isSecureContext
          ? "WebGPU needs a secure context (https)"
          : "this runtime has no WebGPU",
      );
    }
    const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
    if (adapter === null) throw new LimpidError("BackendUnavailable", "WebGPU is there, but no adapter");
    const { info } = adapter;
    if (!options.acceptSoftware && isSoftware(info)) {
      const name = info.description || info.device || info.architecture || "a software renderer";
      throw new LimpidError("BackendUnavailable", `the only WebGPU adapter runs on the CPU (${name})`);
    }
    try {
      const device = await adapter.requestDevice({
        requiredFeatures: features.filter((name) => adapter.features.has(name)),
        requiredLimits: Object.fromEntries(limits.map((name) => [name, adapter.limits[name]])),
      });
      return new WebgpuDevice(device, info);
    } catch (error) {
      throw new LimpidError("BackendUnavailable", "the WebGPU adapter refused to make a device", {
        cause: error,
      });
    }
  }

  /** Whether the device was lost: every further computation fails. */
  get isLost(): boolean {
    return this.#loss !== undefined;
  }

  /**
   * To be called before work is submitted.
   *
   * @throws {@link LimpidError} `Disposed` after disposal, `DeviceLost` if the device is gone
   */
  check(): void {
    if (this.#disposed) throw new LimpidError("Disposed", "a GPU device was used after disposal");
    if (this.#loss !== undefined) throw this.#loss;
  }

  /**
   * Waits for work, but not longer than the device lives.
   *
   * @param work - what waits for the device
   * @returns its result
   * @throws {@link LimpidError} `DeviceLost` if the device is gone; and what the work rejects with
   */
  async settle<T>(work: Promise<T>): Promise<T> {
    let fail: (error: LimpidError) => void = () => undefined;
    const lost = new Promise<never>((_, reject) => (fail = reject));
    this.#waits.add(fail);
    try {
      return await Promise.race([work, lost]);
    } catch (error) {
      throw await this.explain(error);
    } finally {
      this.#waits.delete(fail);
    }
  }

  /**
   * Says what is behind an error. A device that goes away fails its work before it says that it is lost, so this waits a
   * little for that.
   *
   * @param error - what work on the device failed with
   * @returns `DeviceLost` if the device is gone, else the error itself
   */
  async explain(error: unknown): Promise<unknown> {
    if (LimpidError.is(error)) return error;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([this.lost, new Promise((resolve) => (timer = setTimeout(resolve, lossNoticeTime)))]);
    clearTimeout(timer);
    return this.#loss ?? error;
  }

  /** Destroys the device. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.gpu.destroy();
  }
}

/** Known software renderers besides those that say so themselves. */
const softwareNames = /swiftshader|llvmpipe|lavapipe|basic render/i;

/** Whether an adapter emulates a GPU on the CPU. */
export function isSoftware(info: GPUAdapterInfo): boolean {
  return (
    info.isFallbackAdapter || softwareNames.test(`${info.description} ${info.device} ${info.architecture}`)
  );
}
