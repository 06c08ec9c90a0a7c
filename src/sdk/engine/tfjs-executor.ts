import * as tf from "@tensorflow/tfjs-core";
import {
  BackboneWeights,
  computeModulation,
  globalPooling,
  prepareBackbone,
  recordedPooling,
  recordingPooling,
  runBackboneInSteps,
  type AttentionPooling,
  type BackboneConfig,
  type Modulation,
  type PreparedBackbone,
} from "../backbone/index.js";
import { LimpidError, throwIfAborted } from "../base/index.js";
import {
  FactorStore,
  mergeExperts,
  type Expert,
  type FactorStoreOptions,
  type MixtureEntry,
} from "../experts/index.js";
import type { TensorFile } from "../weights/index.js";
import type { Executor, ExecutorCallOptions, ExecutorRun, PixelBlock } from "./executor.js";
import { Pace } from "./pace.js";
import type { TfjsBackend } from "./tfjs-backend.js";

/**
 * The reference executor: the backbone in tfjs ops, on any backend. Between layers it lets the event loop breathe and
 * looks at the signal, so that a page stays alive on a backend that computes on its thread.
 */
export class TfjsExecutor implements Executor {
  /** tfjs's own ops. */
  readonly kind = "tfjs";
  readonly #backend: TfjsBackend;
  readonly #weights: BackboneWeights;
  readonly #factors: FactorStore;
  /** The base alone, folded; made when a run first wants no experts. */
  #plain: PreparedBackbone | undefined;
  #disposed = false;

  /**
   * @param backend - where to compute; it stays the caller's and must outlive the executor
   * @param file - the base's tensors
   * @param config - the base's network
   * @param resident - how many experts stay on the device between runs
   * @throws {@link LimpidError} `WeightsCorrupt` if the tensors do not fit the network
   */
  constructor(
    backend: TfjsBackend,
    file: TensorFile,
    config: BackboneConfig,
    resident: FactorStoreOptions = {},
  ) {
    this.#backend = backend;
    this.#factors = new FactorStore(resident);
    this.#weights = backend.run(() => BackboneWeights.fromTensorFile(file, config));
  }

  get backend(): TfjsBackend["name"] {
    return this.#backend.name;
  }

  get byteSize(): number {
    return this.#weights.byteSize + (this.#plain?.byteSize ?? 0) + this.#factors.byteSize;
  }

  begin(mixture: readonly MixtureEntry[], embedding: Float32Array): ExecutorRun {
    if (this.#disposed) throw new LimpidError("Disposed", "an executor was used after disposal");
    return this.#backend.run(() => {
      const active = mixture.filter(({ weight }) => weight !== 0);
      if (active.length === 0) {
        this.#plain ??= prepareBackbone(this.#weights);
        return new TfjsRun(this.#backend, this.#plain, embedding, false);
      }
      const merged = mergeExperts(this.#weights, active, { store: this.#factors });
      try {
        return new TfjsRun(this.#backend, prepareBackbone(merged), embedding, true);
      } finally {
        merged.dispose();
        this.#factors.trim();
      }
    });
  }

  releaseExperts(isNeeded: (expert: Expert) => boolean): void {
    if (!this.#disposed) this.#factors.trim(isNeeded);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#plain?.dispose();
    this.#factors.dispose();
    this.#weights.dispose();
  }
}

class TfjsRun implements ExecutorRun {
  /** A second block would take memory, and gain nothing: the thread is what computes, or what feeds the GPU op by op. */
  readonly overlap = 1;
  readonly #backend: TfjsBackend;
  readonly #backbone: PreparedBackbone;
  readonly #ownsBackbone: boolean;
  readonly #modulation: Modulation;
  readonly #statistics = new Map<string, tf.Tensor4D>();
  /** One for all tiles: however short each is, together they must not hold the thread. */
  readonly #pace = new Pace();
  #disposed = false;

  constructor(
    backend: TfjsBackend,
    backbone: PreparedBackbone,
    embedding: Float32Array,
    ownsBackbone: boolean,
  ) {
    this.#backend = backend;
    this.#backbone = backbone;
    this.#ownsBackbone = ownsBackbone;
    const code = tf.tensor2d(embedding, [1, embedding.length]);
    try {
      this.#modulation = computeModulation(backbone, code);
    } finally {
      code.dispose();
    }
  }

  async measure(blocks: readonly PixelBlock[], options: ExecutorCallOptions = {}): Promise<void> {
    const first = blocks[0];
    if (first === undefined) throw new LimpidError("InvalidArgument", "no blocks to measure");
    const { width, height } = first;
    const length = width * height * 3;
    const pixels = new Float32Array(blocks.length * length);
    blocks.forEach(({ rgb }, index) => pixels.set(rgb, index * length));
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
    this.#modulation.dispose();
    if (this.#ownsBackbone) this.#backbone.dispose();
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
      runBackboneInSteps(this.#backbone, image, this.#modulation, { pooling }),
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
