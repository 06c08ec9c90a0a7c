/** What was seen of the GPU. */
export interface GpuCounts {
  /** Dispatches of all compute passes. */
  readonly dispatches: number;
  /**
   * Bytes of all buffers that the dispatches had bound, each counted by the dispatch: what is read and written, if every
   * dispatch touches all of its bindings once.
   */
  readonly boundBytes: number;
  /** Between the beginnings and the ends of the compute passes, in milliseconds; undefined without timestamp queries. */
  readonly milliseconds: number | undefined;
}

/** Most passes between two readings whose time is taken. */
const mostPasses = 2048;

interface DeviceState {
  readonly owner: string;
  readonly timestamps: GPUQuerySet | undefined;
  liveBytes: number;
  peakBytes: number;
}

/**
 * Counts what is done to every WebGPU device of this realm that is made from now on, whoever makes it.
 *
 * Used on the objects of WebGPU itself, so that it sees what libraries do, too.
 */
export class GpuInstruments {
  /** Whose the devices are that are made from now on. */
  owner = "";
  /** Told of every new device. */
  onDevice: ((device: GPUDevice) => void) | undefined;
  readonly #devices = new Map<GPUDevice, DeviceState>();
  readonly #bindings = new WeakMap<GPUBindGroup, number>();
  readonly #bound = new WeakMap<GPUComputePassEncoder, Map<number, number>>();
  readonly #encoders = new WeakMap<GPUCommandEncoder, GPUDevice>();
  #dispatches = 0;
  #boundBytes = 0;
  #timed: { readonly device: GPUDevice; passes: number } | undefined;

  /** Puts the instruments in; does nothing where there is no WebGPU. */
  install(): void {
    if (!("GPUDevice" in globalThis)) return;
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the methods below have a `this` of their own
    const instruments = this;
    wrap(GPUAdapter.prototype, "requestDevice", async function (original, descriptor) {
      const device = await original.call(this, descriptor);
      instruments.#addDevice(device);
      return device;
    });
    wrap(GPUComputePassEncoder.prototype, "dispatchWorkgroups", function (original, ...counts) {
      instruments.#countDispatch(this);
      return original.apply(this, counts);
    });
    wrap(GPUComputePassEncoder.prototype, "dispatchWorkgroupsIndirect", function (original, ...places) {
      instruments.#countDispatch(this);
      return original.apply(this, places);
    });
    wrap(GPUComputePassEncoder.prototype, "setBindGroup", function (original, ...values) {
      const [index, group] = values as unknown as [number, GPUBindGroup | null];
      const bound = instruments.#bound.get(this) ?? new Map<number, number>();
      bound.set(index, (group && instruments.#bindings.get(group)) ?? 0);
      instruments.#bound.set(this, bound);
      return original.apply(this, values);
    });
    wrap(GPUDevice.prototype, "createBindGroup", function (original, descriptor) {
      const group = original.call(this, descriptor);
      instruments.#bindings.set(group, countBytes(descriptor));
      return group;
    });
    wrap(GPUDevice.prototype, "createCommandEncoder", function (original, descriptor) {
      const encoder = original.call(this, descriptor);
      instruments.#encoders.set(encoder, this);
      return encoder;
    });
    wrap(GPUCommandEncoder.prototype, "beginComputePass", function (original, descriptor) {
      return original.call(this, instruments.#timePass(this, descriptor));
    });
  }

  /**
   * The most bytes of buffers that were alive at once.
   *
   * @param owner - on whose devices
   */
  peakBytes(owner: string): number {
    return [...this.#devices.values()]
      .filter((state) => state.owner === owner)
      .reduce((sum, { peakBytes }) => sum + peakBytes, 0);
  }

  /**
   * Begins to count; the time of passes is taken until {@link stop}.
   *
   * @param owner - on whose device; nobody else's may do anything meanwhile
   */
  start(owner: string): void {
    this.#dispatches = 0;
    this.#boundBytes = 0;
    const [device] =
      [...this.#devices].find(([, state]) => state.owner === owner && state.timestamps !== undefined) ?? [];
    this.#timed = device === undefined ? undefined : { device, passes: 0 };
  }

  /** Ends counting. */
  async stop(): Promise<GpuCounts> {
    const timed = this.#timed;
    this.#timed = undefined;
    const counts = { dispatches: this.#dispatches, boundBytes: this.#boundBytes };
    if (timed === undefined || timed.passes === 0 || timed.passes > mostPasses) {
      return { ...counts, milliseconds: undefined };
    }
    return { ...counts, milliseconds: await this.#readTimes(timed.device, timed.passes) };
  }

  #addDevice(device: GPUDevice): void {
    const timestamps = device.features.has("timestamp-query")
      ? device.createQuerySet({ type: "timestamp", count: 2 * mostPasses })
      : undefined;
    const state: DeviceState = { owner: this.owner, timestamps, liveBytes: 0, peakBytes: 0 };
    this.#devices.set(device, state);
    const create = device.createBuffer.bind(device);
    device.createBuffer = (descriptor) => {
      const buffer = create(descriptor);
      state.liveBytes += descriptor.size;
      state.peakBytes = Math.max(state.peakBytes, state.liveBytes);
      const destroy = buffer.destroy.bind(buffer);
      let isLive = true;
      buffer.destroy = () => {
        if (isLive) state.liveBytes -= descriptor.size;
        isLive = false;
        return destroy();
      };
      return buffer;
    };
    this.onDevice?.(device);
  }

  #countDispatch(pass: GPUComputePassEncoder): void {
    this.#dispatches++;
    for (const bytes of this.#bound.get(pass)?.values() ?? []) this.#boundBytes += bytes;
  }

  #timePass(
    encoder: GPUCommandEncoder,
    descriptor: GPUComputePassDescriptor | undefined,
  ): GPUComputePassDescriptor | undefined {
    const timed = this.#timed;
    if (timed === undefined || this.#encoders.get(encoder) !== timed.device) return descriptor;
    const index = timed.passes++;
    if (index >= mostPasses) return descriptor;
    const querySet = this.#devices.get(timed.device)!.timestamps!;
    return {
      ...descriptor,
      timestampWrites: {
        querySet,
        beginningOfPassWriteIndex: 2 * index,
        endOfPassWriteIndex: 2 * index + 1,
      },
    };
  }

  async #readTimes(device: GPUDevice, passes: number): Promise<number> {
    const { timestamps } = this.#devices.get(device)!;
    const size = 16 * passes;
    const [resolved, readable] = [
      device.createBuffer({ size, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC }),
      device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST }),
    ];
    const encoder = device.createCommandEncoder();
    encoder.resolveQuerySet(timestamps!, 0, 2 * passes, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, readable, 0, size);
    device.queue.submit([encoder.finish()]);
    await readable.mapAsync(GPUMapMode.READ);
    const times = new BigUint64Array(readable.getMappedRange().slice(0));
    resolved.destroy();
    readable.destroy();
    let sum = 0;
    for (let pass = 0; pass < passes; pass++) sum += Number(times[2 * pass + 1]! - times[2 * pass]!);
    return sum / 1e6;
  }
}

/** Replaces a method by one that is given the original. */
function wrap<T extends object, K extends keyof T>(
  prototype: T,
  name: K,
  replacement: T[K] extends (...values: infer V) => infer R
    ? (this: T, original: (this: T, ...values: V) => R, ...values: V) => R
    : never,
): void {
  const original = prototype[name] as (...values: unknown[]) => unknown;
  const replaced = replacement as (...values: unknown[]) => unknown;
  (prototype as Record<K, unknown>)[name] = function (this: T, ...values: unknown[]) {
    return replaced.call(this, original, ...values);
  };
}

function countBytes({ entries }: GPUBindGroupDescriptor): number {
  let bytes = 0;
  for (const { resource } of entries) {
    if ("buffer" in resource) bytes += resource.size ?? resource.buffer.size - (resource.offset ?? 0);
    else if (resource instanceof GPUBuffer) bytes += resource.size;
  }
  return bytes;
}
