import { LimpidError } from "../base/index.js";

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

/** A WebGPU device and what is known of the adapter behind it. The caller owns the device. */
export interface AcquiredDevice {
  /** The device. */
  readonly device: GPUDevice;
  /** What the adapter says of itself. */
  readonly info: GPUAdapterInfo;
}

/**
 * Asks for the machine's fastest GPU, with the largest limits that it has.
 *
 * @param options - what to accept
 * @returns a new device
 * @throws {@link LimpidError} `BackendUnavailable` with the reason, if there is none
 *
 * Source: the WebGPU specification, sections "GPU" and "GPUAdapter".
 */
export async function acquireDevice(options: {
  /** Whether an adapter that emulates a GPU on the CPU will do: it is right, but slower than `wasm`. */
  readonly acceptSoftware: boolean;
}): Promise<AcquiredDevice> {
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
    return { device, info };
  } catch (error) {
    throw new LimpidError("BackendUnavailable", "the WebGPU adapter refused to make a device", {
      cause: error,
    });
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
