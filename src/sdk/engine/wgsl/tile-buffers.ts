import { LimpidError } from "../../base/index.js";
import type { PassPlan } from "./plan.js";

/** Usage by name of the buffer; the others are written and read by kernels only. */
function usageOf(name: string): GPUBufferUsageFlags {
  switch (name) {
    case "sizes":
      return GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    case "image":
      return GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
    case "result":
      return GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC;
    default:
      return GPUBufferUsage.STORAGE;
  }
}

/**
 * The device memory that a pass works on. It is as large as the largest pass so far needed, and stays so: tiles of one
 * shape allocate nothing after the first.
 */
export class TileBuffers {
  readonly #device: GPUDevice;
  #buffers = new Map<string, GPUBuffer>();
  #generation = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Changes when buffers are replaced: bindings made before are void. */
  get generation(): number {
    return this.#generation;
  }

  /** Bytes of device memory. */
  get byteSize(): number {
    let size = 0;
    for (const buffer of this.#buffers.values()) size += buffer.size;
    return size;
  }

  /** A buffer that was fitted to a plan. */
  get(name: string): GPUBuffer {
    const buffer = this.#buffers.get(name);
    if (buffer === undefined) throw new LimpidError("InvalidArgument", `no buffer ${name} was planned`);
    return buffer;
  }

  /**
   * Makes every buffer large enough for a plan.
   *
   * @throws {@link LimpidError} `OutOfMemory` if the device has no such memory; nothing is held then
   */
  async fit(plan: PassPlan): Promise<void> {
    const lacking = [...plan.bufferSizes].filter(
      ([name, size]) => (this.#buffers.get(name)?.size ?? 0) < size,
    );
    if (lacking.length === 0) return;
    this.#checkLimits(plan);
    this.#generation++;
    this.#device.pushErrorScope("out-of-memory");
    for (const [name, size] of lacking) {
      this.#buffers.get(name)?.destroy();
      this.#buffers.set(
        name,
        this.#device.createBuffer({ label: name, size: Math.ceil(size / 4) * 4, usage: usageOf(name) }),
      );
    }
    const error = await this.#device.popErrorScope();
    if (error === null) return;
    const asked = [...plan.bufferSizes.values()].reduce((sum, size) => sum + size, 0);
    this.dispose();
    throw new LimpidError("OutOfMemory", `the GPU has no ${asked} bytes for a tile: ${error.message}`, {
      details: { bytes: asked },
    });
  }

  /** Frees the device memory; work that was submitted still ends. It can be fitted again. */
  dispose(): void {
    for (const buffer of this.#buffers.values()) buffer.destroy();
    this.#buffers = new Map();
    this.#generation++;
  }

  #checkLimits(plan: PassPlan): void {
    const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupsPerDimension } =
      this.#device.limits;
    const largest = Math.max(...plan.bufferSizes.values());
    const limit = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    const workgroups = Math.max(...plan.dispatches.flatMap((dispatch) => [...dispatch.workgroups]));
    if (largest <= limit && workgroups <= maxComputeWorkgroupsPerDimension) return;
    throw new LimpidError(
      "OutOfMemory",
      largest > limit
        ? `a tile needs a buffer of ${largest} bytes, the GPU allows ${limit}`
        : `a tile needs ${workgroups} workgroups, the GPU allows ${maxComputeWorkgroupsPerDimension}`,
      { details: { bytes: largest, limit } },
    );
  }
}
