import type { Disposable } from "../../base/index.js";
import type { Expert, FactorStoreOptions, MixtureEntry } from "../../experts/index.js";
import { foldExpert } from "./fold-expert.js";
import type { ReadParameter } from "../host-modulation.js";
import type { Kernel } from "./kernels/kernel.js";
import { factorWords, mergeRow } from "./kernels/merge.js";
import { threads } from "./kernels/tile.js";
import { partLength, type PointwisePart, type WeightLayout, type WeightPart } from "./weight-layout.js";

/** An expert's folded factors on the device. */
interface ResidentExpert {
  readonly buffer: GPUBuffer;
  readonly places: Uint32Array;
}

/** What a {@link Merger} works with. */
export interface MergerOptions {
  readonly device: GPUDevice;
  /** Where the weights lie. */
  readonly layout: WeightLayout;
  /** The base's folded weights, float32; not changed. It stays the caller's. */
  readonly base: GPUBuffer;
  /** The base's parameters. */
  readonly read: ReadParameter;
  readonly kernel: Kernel;
  /** The kernel, compiled. */
  readonly pipeline: GPUComputePipeline;
  /** How much the factors may take. */
  readonly resident: FactorStoreOptions;
}

/**
 * Merges experts into the base's weights on the device, all convolutions in one dispatch. It keeps the factors of every
 * expert that it merged, so that one that comes back is not uploaded again.
 */
export class Merger implements Disposable {
  readonly #options: MergerOptions;
  readonly #targets: readonly PointwisePart[];
  /** The least recently used first. */
  readonly #experts = new Map<Expert, ResidentExpert>();

  /**
   * @param options - what to work with
   */
  constructor(options: MergerOptions) {
    this.#options = options;
    this.#targets = options.layout.parts.filter((part) => part.kind === "pointwise");
  }

  /** Bytes of device memory that the factors take. */
  get byteSize(): number {
    let size = 0;
    for (const { buffer } of this.#experts.values()) size += buffer.size;
    return size;
  }

  /**
   * Frees the experts that are not needed, and of the others the least recently used until the budget is kept. Pinned
   * ones stay, unless they are not needed.
   *
   * @param isNeeded - whether an expert may be wanted again; all are if left out
   */
  trim(isNeeded: (expert: Expert) => boolean = () => true): void {
    const { byteBudget = Infinity, isPinned = () => false } = this.#options.resident;
    for (const expert of [...this.#experts.keys()]) if (!isNeeded(expert)) this.#evict(expert);
    for (const expert of [...this.#experts.keys()]) {
      if (this.byteSize <= byteBudget) return;
      if (!isPinned(expert)) this.#evict(expert);
    }
  }

  /**
   * Writes the base with a mixture merged into it. The commands are submitted before it returns; nothing is waited for.
   *
   * @param mixture - experts that fit the base, and their weights; may be empty
   * @param target - as long as the base in the kernel's precision, for storage
   */
  merge(mixture: readonly MixtureEntry[], target: GPUBuffer): void {
    const { device, base, kernel, pipeline } = this.#options;
    const residents = mixture.map(({ expert }) => this.#resident(expert));
    const encoder = device.createCommandEncoder({ label: kernel.key });
    const { factors, starts, ownsFactors } = this.#gather(encoder, residents);
    const words = this.#tasks(mixture, residents, starts);
    const tasks = device.createBuffer({
      label: "merge tasks",
      size: words.data.byteLength,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    });
    device.queue.writeBuffer(tasks, 0, words.data);
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(
      0,
      device.createBindGroup({
        layout: pipeline.getBindGroupLayout(0),
        entries: [base, factors, tasks, target].map((buffer, binding) => ({ binding, resource: { buffer } })),
      }),
    );
    pass.dispatchWorkgroups(Math.min(words.workgroups, mergeRow), Math.ceil(words.workgroups / mergeRow));
    pass.end();
    device.queue.submit([encoder.finish()]);
    // Destroyed buffers live on until the submitted work is done.
    tasks.destroy();
    if (ownsFactors) factors.destroy();
  }

  /** Frees the factors of all experts. */
  dispose(): void {
    for (const expert of [...this.#experts.keys()]) this.#evict(expert);
  }

  #evict(expert: Expert): void {
    this.#experts.get(expert)?.buffer.destroy();
    this.#experts.delete(expert);
  }

  #resident(expert: Expert): ResidentExpert {
    let resident = this.#experts.get(expert);
    if (resident === undefined) {
      const { device, read } = this.#options;
      const { values, places } = foldExpert(expert, this.#targets, read);
      const buffer = device.createBuffer({
        label: `expert ${expert.id}`,
        size: values.byteLength,
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
      });
      device.queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>);
      resident = { buffer, places };
    }
    // The one that was used last is the last one.
    this.#experts.delete(expert);
    this.#experts.set(expert, resident);
    return resident;
  }

  /** One buffer with the factors of all experts of the mixture. */
  #gather(
    encoder: GPUCommandEncoder,
    residents: readonly ResidentExpert[],
  ): { readonly factors: GPUBuffer; readonly starts: readonly number[]; readonly ownsFactors: boolean } {
    const { device, base } = this.#options;
    // With no experts the binding is not read.
    if (residents.length < 2) {
      return { factors: residents[0]?.buffer ?? base, starts: [0], ownsFactors: false };
    }
    const size = residents.reduce((sum, { buffer }) => sum + buffer.size, 0);
    const factors = device.createBuffer({
      label: "factors",
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    });
    let end = 0;
    const starts = residents.map(({ buffer }) => {
      const start = end;
      encoder.copyBufferToBuffer(buffer, 0, factors, start, buffer.size);
      end += buffer.size;
      return start / 4;
    });
    return { factors, starts, ownsFactors: true };
  }

  /** What the kernel reads to know what to do; see {@link mergeKernel}. */
  #tasks(
    mixture: readonly MixtureEntry[],
    residents: readonly ResidentExpert[],
    starts: readonly number[],
  ): { readonly data: Uint32Array<ArrayBuffer>; readonly workgroups: number } {
    const { parts } = this.#options.layout;
    const words: number[] = [mixture.length, parts.length];
    for (const { weight } of mixture) words.push(bitsOf(weight));
    for (const part of parts) words.push(...segmentOf(part));
    residents.forEach(({ places }, index) => {
      let next = 0;
      for (const { kind } of parts) {
        // Of other convolutions the rank is zero.
        const [a = 0, b = 0, rank = 0] =
          kind === "pointwise" ? places.subarray(next, (next += factorWords)) : [];
        words.push(a + starts[index]!, b + starts[index]!, rank);
      }
    });
    let workgroups = 0;
    parts.forEach((part, segment) => {
      for (let first = 0; first < partLength(part); first += threads) {
        words.push(segment, first);
        workgroups++;
      }
    });
    return { data: Uint32Array.from(words), workgroups };
  }
}

/** Where a convolution lies, how many of its vectors are its kernel's and how many there are, and its input channels. */
function segmentOf(part: WeightPart): readonly [number, number, number, number] {
  const length = partLength(part);
  // Only of 1x1 convolutions, the ones that experts change, are the last two looked at.
  return [part.offset, length - part.outputs / 4, length, part.inputs];
}

function bitsOf(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0]!;
}
