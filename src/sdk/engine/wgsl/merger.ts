import { joinFloats } from "../../base/index.js";
import {
  ResidentExperts,
  type Expert,
  type FactorStoreOptions,
  type MixtureEntry,
} from "../../experts/index.js";
import { foldFactors } from "../folded-convolution.js";
import type { ReadParameter } from "../host-modulation.js";
import type { Kernel } from "./kernels/kernel.js";
import { mergeRow } from "./kernels/merge.js";
import { threads } from "./kernels/tile.js";
import { partLength, type WeightLayout, type WeightPart } from "./weight-layout.js";

/** An expert's folded factors on the device. */
interface ResidentExpert {
  /**
   * All factors, float32: of each convolution A, [rank, in + 1], the last column being the change of the bias, and B,
   * transposed, [rank, out].
   */
  readonly buffer: GPUBuffer;
  /** Of each convolution where A and B start in the buffer, and their rank: 0 if the expert does not change it. */
  readonly places: readonly (readonly [a: number, b: number, rank: number])[];
}

/** What a {@link Merger} works with. */
export interface MergerOptions {
  readonly device: GPUDevice;
  readonly layout: WeightLayout;
  /** The base's folded weights, float32; not changed. It stays the caller's. */
  readonly base: GPUBuffer;
  readonly read: ReadParameter;
  readonly kernel: Kernel;
  readonly pipeline: GPUComputePipeline;
  /** How much the factors may take. */
  readonly resident: FactorStoreOptions;
}

/**
 * Merges experts into the base's weights on the device, all convolutions in one dispatch. It keeps the factors of every
 * expert that it merged, so that one that comes back is not uploaded again.
 */
export class Merger extends ResidentExperts<ResidentExpert> {
  readonly #options: MergerOptions;

  constructor(options: MergerOptions) {
    super(options.resident);
    this.#options = options;
  }

  /**
   * Writes the base with a mixture merged into it. The commands are submitted before it returns; nothing is waited for.
   *
   * @param mixture - experts that fit the base, and their weights; may be empty
   * @param target - as long as the base in the kernel's precision, for storage
   */
  merge(mixture: readonly MixtureEntry[], target: GPUBuffer): void {
    const { device, base, kernel, pipeline } = this.#options;
    const residents = mixture.map(({ expert }) => this.hold(expert));
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

  protected make(expert: Expert): ResidentExpert {
    const { device, layout, read } = this.#options;
    const folded = layout.parts.map((part) =>
      part.kind === "pointwise" ? foldFactors(expert, part, read) : undefined,
    );
    const numbers: Float32Array[] = [];
    let end = 0;
    const append = (part: Float32Array): void => {
      numbers.push(part);
      end += part.length;
    };
    const places = folded.map((part) => {
      if (part === undefined) return [0, 0, 0] as const;
      const { rank, a, bias, b } = part;
      const start = end;
      const inputs = a.length / rank;
      for (let r = 0; r < rank; r++) {
        append(a.subarray(r * inputs, (r + 1) * inputs));
        append(bias.subarray(r, r + 1));
      }
      append(b);
      return [start, end - b.length, rank] as const;
    });
    // A buffer cannot be empty.
    const values = joinFloats(end === 0 ? [new Float32Array(1)] : numbers);
    const buffer = device.createBuffer({
      label: `expert ${expert.id}`,
      size: values.byteLength,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    device.queue.writeBuffer(buffer, 0, values);
    return { buffer, places };
  }

  protected sizeOf({ buffer }: ResidentExpert): number {
    return buffer.size;
  }

  protected free({ buffer }: ResidentExpert): void {
    buffer.destroy();
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
      for (const [a, b, rank] of places) words.push(a + starts[index]!, b + starts[index]!, rank);
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
