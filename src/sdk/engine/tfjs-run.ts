import * as tf from "@tensorflow/tfjs-core";
import {
  globalPooling,
  recordedPooling,
  recordingPooling,
  runBackboneInSteps,
  type AttentionPooling,
  type Modulation,
  type PreparedBackbone,
} from "../backbone/index.js";
import { joinFloats, LimpidError, throwIfAborted } from "../base/index.js";
import type { ExecutorCallOptions, ExecutorRun, PixelBlock } from "./executor.js";
import { Pace } from "./pace.js";
import { sizeOfBlocks } from "./run-input.js";
import type { TfjsBackend } from "./tfjs-backend.js";

/** What a {@link TfjsRun} can be given besides what it computes with. */
export interface TfjsRunOptions {
  /** Whether the backbone is disposed with the run. */
  readonly ownsBackbone?: boolean;
  /** The pooled statistics by layer, if they were measured already; from now on they belong to the run. */
  readonly statistics?: ReadonlyMap<string, tf.Tensor4D>;
}

/** One image's pass through the backbone in tfjs ops. */
export class TfjsRun implements ExecutorRun {
  readonly [Symbol.dispose] = (): void => this.dispose();
  /** A second block would take memory, and gain nothing: the thread is what computes, or what feeds the GPU op by op. */
  readonly overlap = 1;
  /** The backbone, its mixture merged. */
  readonly backbone: PreparedBackbone;
  /** Whether the backbone is disposed with the run. */
  readonly ownsBackbone: boolean;
  /** What the embedding does to the stages; it belongs to the run. */
  readonly modulation: Modulation;
  readonly #backend: TfjsBackend;
  readonly #statistics: Map<string, tf.Tensor4D>;
  /** One for all tiles: however short each is, together they must not hold the thread. */
  readonly #pace = new Pace();
  #disposed = false;

  /**
   * @param backend - where to compute; it stays the caller's
   * @param backbone - the prepared backbone; it must outlive the run
   * @param modulation - what the embedding does to the stages; from now on it belongs to the run
   * @param options - what else belongs to the run
   */
  constructor(
    backend: TfjsBackend,
    backbone: PreparedBackbone,
    modulation: Modulation,
    { ownsBackbone = false, statistics = new Map() }: TfjsRunOptions = {},
  ) {
    this.#backend = backend;
    this.backbone = backbone;
    this.ownsBackbone = ownsBackbone;
    this.modulation = modulation;
    this.#statistics = new Map(statistics);
  }

  /** The pooled statistics by layer, empty before they are measured; their tensors belong to the run. */
  get statistics(): ReadonlyMap<string, tf.Tensor4D> {
    return this.#statistics;
  }

  async measure(blocks: readonly PixelBlock[], options: ExecutorCallOptions = {}): Promise<void> {
    const { width, height } = sizeOfBlocks(blocks);
    const pixels = joinFloats(blocks.map(({ rgb }) => rgb));
    const pooling = recordingPooling(this.#statistics, pooledOverBatch);
    const result = await this.#compute(pixels, [blocks.length, height, width, 3], pooling, options);
    result.dispose();
  }

  async restore(block: PixelBlock, options: ExecutorCallOptions = {}): Promise<PixelBlock> {
    const { width, height, rgb } = block;
    const pooling = this.#statistics.size > 0 ? recordedPooling(this.#statistics) : globalPooling;
    const result = await this.#compute(rgb, [1, height, width, 3], pooling, options);
    try {
      return { width, height, rgb: await this.#backend.read(result) };
    } finally {
      result.dispose();
    }
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.modulation.dispose();
    if (this.ownsBackbone) this.backbone.dispose();
    tf.dispose([...this.#statistics.values()]);
    this.#statistics.clear();
  }

  async #compute(
    pixels: Float32Array,
    shape: [number, number, number, 3],
    pooling: AttentionPooling,
    { signal }: ExecutorCallOptions,
  ): Promise<tf.Tensor4D> {
    if (this.#disposed) throw new LimpidError("Disposed", "a run was used after disposal");
    throwIfAborted(signal);
    const image = this.#backend.run(() => tf.tensor4d(pixels, shape));
    const steps = this.#backend.run(() =>
      runBackboneInSteps(this.backbone, image, this.modulation, { pooling }),
    );
    try {
      for (;;) {
        const { done, value } = this.#backend.run(() => steps.next());
        if (done) return value;
        if (await this.#pace.breathe()) throwIfAborted(signal);
      }
    } catch (error) {
      throw asLimpidError(error);
    } finally {
      steps.return(image); // frees what an unfinished pass holds
      image.dispose();
    }
  }
}

/** The mean over all blocks at once: what one image made of them would pool. */
const pooledOverBatch: AttentionPooling = (features, layer, level) =>
  tf.tidy(() => tf.mean(globalPooling(features, layer, level), 0, true));

function asLimpidError(error: unknown): unknown {
  if (LimpidError.is(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RangeError || /out of memory|allocat/i.test(message)) {
    return new LimpidError("OutOfMemory", `the backend is out of memory: ${message}`, { cause: error });
  }
  return error;
}
