import type { BackboneConfig } from "../../backbone/index.js";
import { LimpidError, throwIfAborted, TurnQueue, untilAborted } from "../../base/index.js";
import type { PixelBlock } from "../executor.js";
import type { WebgpuDevice } from "../webgpu-device.js";
import type { KernelOptions } from "./kernels/kernel.js";
import { fromSquares, toSquares } from "./squares.js";
import { sizeOfBlocks, type BatchShape, type PassKind } from "../run-input.js";
import { planPass, type PassPlan } from "./plan.js";
import { StagingBuffers } from "./staging-buffers.js";
import { TileBuffers } from "./tile-buffers.js";
import type { WeightLayout } from "./weight-layout.js";

/** What belongs to one run on the device. */
export interface RunSlot {
  /** The base, with or without experts merged into it. */
  readonly weights: GPUBuffer;
  /** Modulations and channel attentions. */
  readonly vectors: GPUBuffer;
  /** Bindings by pass, as long as the tile's buffers are the same. */
  readonly bindGroups: Map<PassPlan, BoundPass>;
}

/** A pass with its buffers bound. */
interface BoundPass {
  readonly generation: number;
  readonly bindGroups: readonly GPUBindGroup[];
}

/** Who asks for a pass. */
export interface PassCall {
  readonly slot: RunSlot;
  readonly signal: AbortSignal | undefined;
  /** Throws if the run has ended. */
  readonly check: () => void;
}

/** What a {@link TileRunner} works with. */
export interface TileRunnerOptions {
  readonly device: WebgpuDevice;
  /** The network, for which squares are pixels. */
  readonly config: BackboneConfig;
  /** Side of the squares of pixels that the network sees as one, in pixels; 1 if it sees pixels. */
  readonly squareSide: number;
  readonly layout: WeightLayout;
  readonly options: KernelOptions;
  readonly pipelines: ReadonlyMap<string, GPUComputePipeline>;
}

/** How many plans are kept: an image has two shapes, that of its tiles and that of what is measured. */
const keptPlans = 4;

/**
 * Takes pixels through the network. Each pass is one submission. Passes may be asked for before earlier ones have ended:
 * their uploads then overlap with the computation; the device computes them in order.
 */
export class TileRunner {
  readonly #options: TileRunnerOptions;
  readonly #buffers: TileBuffers;
  readonly #staging: StagingBuffers;
  readonly #plans = new Map<string, PassPlan>();
  /** Whose sizes lie in the tile's buffers. */
  #sized: { readonly plan: PassPlan; readonly generation: number } | undefined;
  /** Buffers are fitted and commands submitted by one pass at a time. */
  readonly #queue = new TurnQueue();
  #turns = 0;
  #isReleasing = false;
  #disposed = false;

  constructor(options: TileRunnerOptions) {
    this.#options = options;
    this.#buffers = new TileBuffers(options.device.gpu);
    this.#staging = new StagingBuffers(options.device.gpu);
  }

  /** Bytes of device memory. */
  get byteSize(): number {
    return this.#buffers.byteSize + this.#staging.byteSize;
  }

  /**
   * Computes the channel attention of a batch into the slot's vectors.
   *
   * @param blocks - of one size
   */
  async measure(call: PassCall, blocks: readonly PixelBlock[]): Promise<void> {
    const { width, height } = sizeOfBlocks(blocks);
    const squares = blocks.map((block) => toSquares(block, this.#options.squareSide));
    const plan = this.#plan("measure", { ...this.#sidesInSquares(width, height), images: blocks.length });
    await this.#inTurn(call, plan, () => this.#submit(call.slot, plan, squares));
    const { device } = this.#options;
    await untilAborted(device.settle(device.gpu.queue.onSubmittedWorkDone()), call.signal);
  }

  /**
   * Restores a block.
   *
   * @param isMeasured - whether the slot holds channel attention that was measured
   */
  async restore(call: PassCall, block: PixelBlock, isMeasured: boolean): Promise<PixelBlock> {
    const { width, height } = sizeOfBlocks([block]);
    const { squareSide } = this.#options;
    const kind = isMeasured ? "restoreMeasured" : "restore";
    const plan = this.#plan(kind, { ...this.#sidesInSquares(width, height), images: 1 });
    const size = plan.bufferSizes.get("result")!;
    const staging = await this.#inTurn(call, plan, () => {
      const buffer = this.#staging.take(size);
      this.#submit(call.slot, plan, [toSquares(block, squareSide)], buffer);
      return buffer;
    });
    const read = staging.mapAsync(GPUMapMode.READ, 0, size).then(
      () => {
        const pixels = new Float32Array(staging.getMappedRange(0, size).slice(0));
        this.#staging.give(staging, !this.#disposed);
        return fromSquares(pixels, width, height, squareSide);
      },
      (error: unknown) => {
        this.#staging.give(staging, false);
        throw error;
      },
    );
    return untilAborted(this.#options.device.settle(read), call.signal);
  }

  /** Frees the memory that tiles work on, as soon as no pass is being submitted; it is had again when it is needed. */
  release(): void {
    this.#isReleasing = this.#turns > 0;
    if (this.#isReleasing) return;
    this.#plans.clear();
    this.#sized = undefined;
    this.#buffers.dispose();
    this.#staging.dispose();
  }

  /** Frees everything; passes that are not yet submitted fail. */
  dispose(): void {
    this.#disposed = true;
    this.release();
  }

  #sidesInSquares(width: number, height: number): { readonly width: number; readonly height: number } {
    const { squareSide } = this.#options;
    return { width: Math.ceil(width / squareSide), height: Math.ceil(height / squareSide) };
  }

  #plan(kind: PassKind, shape: BatchShape): PassPlan {
    const key = `${kind} ${shape.images} ${shape.width} ${shape.height}`;
    let plan = this.#plans.get(key);
    if (plan === undefined) {
      const { config, layout, options } = this.#options;
      plan = planPass(config, layout, shape, kind, options);
    } else {
      this.#plans.delete(key);
    }
    // The one that was used last is the last one.
    this.#plans.set(key, plan);
    if (this.#plans.size > keptPlans) this.#plans.delete(this.#plans.keys().next().value!);
    return plan;
  }

  /** Fits the buffers and submits, when the passes before have done so. */
  #inTurn<T>({ signal, check }: PassCall, plan: PassPlan, submit: () => T): Promise<T> {
    this.#turns++;
    return this.#queue.add(async () => {
      try {
        this.#check(signal, check);
        await this.#options.device.settle(this.#buffers.fit(plan));
        this.#check(signal, check);
        return submit();
      } finally {
        this.#turns--;
        if (this.#isReleasing) this.release();
      }
    });
  }

  #check(signal: AbortSignal | undefined, check: () => void): void {
    if (this.#disposed) throw new LimpidError("Disposed", "an executor was used after disposal");
    check();
    throwIfAborted(signal);
    this.#options.device.check();
  }

  #submit(slot: RunSlot, plan: PassPlan, images: readonly Float32Array[], staging?: GPUBuffer): void {
    const {
      device: { gpu: device },
      pipelines,
    } = this.#options;
    const { generation } = this.#buffers;
    if (this.#sized?.plan !== plan || this.#sized.generation !== generation) {
      device.queue.writeBuffer(this.#buffers.get("sizes"), 0, plan.sizes as Uint32Array<ArrayBuffer>);
      this.#sized = { plan, generation };
    }
    let offset = 0;
    for (const image of images) {
      device.queue.writeBuffer(this.#buffers.get("image"), offset, image as Float32Array<ArrayBuffer>);
      offset += image.byteLength;
    }
    const bindGroups = this.#bind(slot, plan);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    plan.dispatches.forEach(({ kernel, workgroups }, index) => {
      pass.setPipeline(pipelines.get(kernel.key)!);
      pass.setBindGroup(0, bindGroups[index]);
      pass.dispatchWorkgroups(...workgroups);
    });
    pass.end();
    if (staging !== undefined) {
      const size = plan.bufferSizes.get("result")!;
      encoder.copyBufferToBuffer(this.#buffers.get("result"), 0, staging, 0, size);
    }
    device.queue.submit([encoder.finish()]);
  }

  #bind(slot: RunSlot, plan: PassPlan): readonly GPUBindGroup[] {
    const { generation } = this.#buffers;
    const bound = slot.bindGroups.get(plan);
    if (bound?.generation === generation) return bound.bindGroups;
    const {
      device: { gpu: device },
      pipelines,
    } = this.#options;
    const bufferOf = (name: string): GPUBuffer =>
      name === "weights" ? slot.weights : name === "vectors" ? slot.vectors : this.#buffers.get(name);
    const bindGroups = plan.dispatches.map(({ name, kernel, bindings }) =>
      device.createBindGroup({
        label: name,
        layout: pipelines.get(kernel.key)!.getBindGroupLayout(0),
        entries: bindings.map(({ buffer, offset, size }, binding) => ({
          binding,
          resource: { buffer: bufferOf(buffer), offset, size },
        })),
      }),
    );
    if (slot.bindGroups.size >= keptPlans) slot.bindGroups.clear();
    slot.bindGroups.set(plan, { generation, bindGroups });
    return bindGroups;
  }
}
