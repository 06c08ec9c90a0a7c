import type { BackboneConfig } from "../../backbone/index.js";
import { throwIfAborted } from "../../base/index.js";
import type { PixelBlock } from "../executor.js";
import { Pace } from "../pace.js";
import type { BatchShape, PassKind } from "../run-input.js";
import { floatBytes, KernelMemory } from "./kernel-memory.js";
import { planPass, type MemoryPlaces, type PassPlan, type PassStep } from "./pass-plan.js";
import { layOutVectors, type VectorLayout } from "./vector-layout.js";
import { layOutWeights, paddedOutputs, type WeightLayout } from "./weight-layout.js";

/** What a network runs with: from one run to the next it differs. */
export interface Program {
  /** The packed weights, experts merged. The same array means the same weights. */
  readonly weights: Float32Array;
  /** Modulations and, if they were measured, channel attentions. */
  readonly vectors: Float32Array;
  readonly isMeasured: boolean;
}

/** How a call is stopped. */
export interface MachineCall {
  readonly signal?: AbortSignal | undefined;
  /** Throws if whoever called has gone. */
  readonly check?: () => void;
  /** Told the share of the multiply-adds that are done, 0 to 1; waited for. */
  readonly onProgress?: ((share: number) => unknown) | undefined;
}

/** What a {@link Machine} is made from. */
export interface MachineOptions {
  readonly module: WebAssembly.Module;
  readonly config: BackboneConfig;
  /** Most memory that it may take, in bytes; as much as there is if left out. */
  readonly memoryLimit?: number | undefined;
}

/** Memory that is kept between images, in bytes; a machine with more is let go of. */
export const keptMemory = 64 * 2 ** 20;

/** An instance of the kernels with its memory, through which images are taken one after the other. */
export class Machine {
  readonly #config: BackboneConfig;
  readonly #layout: WeightLayout;
  readonly #vectorLayout: VectorLayout;
  readonly #places: MemoryPlaces;
  readonly #memory: KernelMemory;
  #loaded: Program | undefined;
  #plan: { readonly key: string; readonly plan: PassPlan } | undefined;

  /** @throws {@link LimpidError} `OutOfMemory` if there is none for the weights */
  constructor({ module, config, memoryLimit }: MachineOptions) {
    this.#config = config;
    this.#layout = layOutWeights(config);
    this.#vectorLayout = layOutVectors(config);
    const memory = new KernelMemory(module, memoryLimit);
    const weights = memory.take(this.#layout.length);
    const vectors = memory.take(this.#vectorLayout.length);
    const projects = new Map<string, number>();
    for (const block of this.#vectorLayout.attentions.keys()) {
      const { depth, outputs } = this.#layout.parts.get(`${block}.conv3`)!;
      projects.set(block, memory.take(paddedOutputs(outputs) * (depth + 1)));
    }
    this.#places = { weights, vectors, projects, arena: memory.end };
    memory.grow(memory.end);
    this.#memory = memory;
  }

  /** Bytes of memory. */
  get byteSize(): number {
    return this.#memory.byteSize;
  }

  /**
   * Computes channel attention jointly over some blocks.
   *
   * @param blocks - of one size, one at least
   * @param call - how to stop, and who wants to know how far it is
   * @returns the program's vectors with the attentions
   */
  async measure(program: Program, blocks: readonly PixelBlock[], call: MachineCall): Promise<Float32Array> {
    const { width, height } = blocks[0]!;
    await this.#run(program, "measure", { images: blocks.length, width, height }, blocks, call);
    const start = this.#places.vectors / floatBytes;
    return this.#memory.floats.slice(start, start + this.#vectorLayout.length);
  }

  /** Restores a block, with its own channel attention if none was measured. */
  async restore(program: Program, block: PixelBlock, call: MachineCall): Promise<PixelBlock> {
    const { width, height } = block;
    const kind = program.isMeasured ? "restoreMeasured" : "restore";
    const { images } = await this.#run(program, kind, { images: 1, width, height }, [block], call);
    const rgb = new Float32Array(width * height * 3);
    for (let y = 0; y < height; y++) {
      const start = (images.offsets[0]! + images.first + y * images.rowStride) / floatBytes;
      rgb.set(this.#memory.floats.subarray(start, start + width * 3), y * width * 3);
    }
    return { width, height, rgb };
  }

  async #run(
    program: Program,
    kind: PassKind,
    shape: BatchShape,
    blocks: readonly PixelBlock[],
    call: MachineCall,
  ): Promise<PassPlan> {
    throwIfAborted(call.signal);
    const plan = this.#prepare(kind, shape);
    this.#load(program);
    for (const [index, block] of blocks.entries()) this.#write(plan, index, block);
    const pace = new Pace();
    const { kernels } = this.#memory;
    const onPause = (): void => checkCall(call);
    const total = plan.steps.reduce((sum, step) => sum + costOf(step), 0);
    let done = 0;
    for (const step of plan.steps) {
      switch (step.type) {
        case "layer": {
          for (const record of step.records) {
            const run = (from: number, to: number): void => kernels.runLayer(record, from, to);
            await this.#memory.inSlices(step.height, step.cost, pace, run, onPause);
          }
          break;
        }
        case "block": {
          this.#memory.floats.fill(0, step.sums[0] / floatBytes, (step.sums[0] + step.sums[1]) / floatBytes);
          for (const record of step.records) {
            for (let left = 0; left < step.width; left += step.band) {
              const right = Math.min(step.width, left + step.band);
              const run = (from: number, to: number): void =>
                kernels.runBlock(record, step.parts, left, right, from, to);
              await this.#memory.inSlices(step.height, step.cost * (right - left), pace, run, onPause);
            }
          }
          break;
        }
        case "attend":
          this.#attend(step);
      }
      done += costOf(step);
      await call.onProgress?.(done / total);
    }
    return plan;
  }

  #attend(step: Extract<PassStep, { type: "attend" }>): void {
    const { floats, kernels } = this.#memory;
    const sums = new Float64Array(floats.buffer, step.sums, step.channels);
    sums.forEach((sum, channel) => (floats[step.means / floatBytes + channel] = sum / step.pixels));
    kernels.runLayer(step.record, 0, 1);
    this.#scaleProject(step.block);
  }

  /** Makes a block's channel attention a part of the weights after it. */
  #scaleProject(block: string): void {
    const { depth, outputs, offset } = this.#layout.parts.get(`${block}.conv3`)!;
    const { weights, vectors, projects } = this.#places;
    this.#memory.kernels.scaleInputs(
      weights + offset * floatBytes,
      depth,
      paddedOutputs(outputs),
      vectors + this.#vectorLayout.attentions.get(block)! * floatBytes,
      projects.get(block)!,
    );
  }

  #load(program: Program): void {
    const { weights, vectors, projects } = this.#places;
    if (this.#loaded === program) return;
    if (this.#loaded?.weights !== program.weights)
      this.#memory.floats.set(program.weights, weights / floatBytes);
    this.#memory.floats.set(program.vectors, vectors / floatBytes);
    this.#loaded = program;
    if (program.isMeasured) for (const block of projects.keys()) this.#scaleProject(block);
  }

  /** Plans a pass, unless it was the last one, and readies the memory for it. */
  #prepare(kind: PassKind, shape: BatchShape): PassPlan {
    const key = `${kind} ${shape.images} ${shape.width} ${shape.height}`;
    if (this.#plan?.key === key) return this.#plan.plan;
    const plan = planPass(this.#config, this.#layout, this.#vectorLayout, this.#places, shape, kind);
    this.#memory.grow(plan.end);
    this.#plan = { key, plan };
    for (const [offset, length] of plan.zeros) {
      this.#memory.floats.fill(0, offset / floatBytes, (offset + length) / floatBytes);
    }
    this.#memory.setWords(plan.recordsAt, plan.records);
    return plan;
  }

  #write({ images: { offsets, size, rowStride, first } }: PassPlan, image: number, block: PixelBlock): void {
    const { width, height, rgb } = block;
    const start = offsets[image]! / floatBytes;
    this.#memory.floats.fill(0, start, start + size / floatBytes);
    for (let y = 0; y < height; y++) {
      const row = rgb.subarray(y * width * 3, (y + 1) * width * 3);
      this.#memory.floats.set(row, start + (first + y * rowStride) / floatBytes);
    }
  }
}

/** Multiply-adds of a step, those of a channel attention not counted. */
function costOf(step: PassStep): number {
  if (step.type === "attend") return 0;
  const columns = step.type === "block" ? step.width : 1;
  return step.records.length * step.height * columns * step.cost;
}

function checkCall({ signal, check }: MachineCall): void {
  throwIfAborted(signal);
  check?.();
}
