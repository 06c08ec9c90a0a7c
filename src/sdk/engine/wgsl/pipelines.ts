import { LimpidError } from "../../base/index.js";
import type { BindingKind, Kernel } from "./kernels/kernel.js";

/** Told how many of a network's shaders are compiled. */
export type CompileProgress = (done: number, total: number) => void;

/** Compiled kernels by device, so that a second executor on a device compiles nothing. */
const caches = new WeakMap<GPUDevice, Map<string, Promise<GPUComputePipeline>>>();

/**
 * Compiles kernels, side by side and without blocking the thread; those that the device has already are not compiled
 * again.
 *
 * @param onProgress - told after each one
 * @returns the pipelines by the kernel's key
 * @throws {@link LimpidError} `BackendUnavailable` with the compiler's message if one does not compile
 */
export async function compileKernels(
  device: GPUDevice,
  kernels: readonly Kernel[],
  onProgress?: CompileProgress,
): Promise<ReadonlyMap<string, GPUComputePipeline>> {
  let cache = caches.get(device);
  if (cache === undefined) {
    cache = new Map();
    caches.set(device, cache);
  }
  const compiled = cache;
  let done = 0;
  const pipelines = await Promise.all(
    kernels.map(async (kernel) => {
      let pipeline = compiled.get(kernel.key);
      if (pipeline === undefined) {
        pipeline = compile(device, kernel);
        compiled.set(kernel.key, pipeline);
      }
      const entry = [kernel.key, await pipeline] as const;
      onProgress?.(++done, kernels.length);
      return entry;
    }),
  );
  return new Map(pipelines);
}

async function compile(device: GPUDevice, { key, source, bindings }: Kernel): Promise<GPUComputePipeline> {
  // The layout is spelled out: one derived from the shader would drop bindings that it does not use.
  const layout = device.createBindGroupLayout({
    label: key,
    entries: bindings.map((kind: BindingKind, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: kind },
    })),
  });
  try {
    return await device.createComputePipelineAsync({
      label: key,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: device.createShaderModule({ label: key, code: source }), entryPoint: "main" },
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new LimpidError("BackendUnavailable", `the kernel "${key}" does not compile here: ${message}`, {
      cause: error,
      details: { kernel: key },
    });
  }
}
