import { LimpidError, throwIfAborted } from "../../base/index.js";
import type { Expert, MixtureEntry } from "../../experts/index.js";
import type { Executor, ExecutorCallOptions, ExecutorRun, PixelBlock } from "../executor.js";
import type { TfjsExecutor } from "../tfjs-executor.js";
import type { TfjsRun } from "../tfjs-run.js";
import { packTensors } from "./packed-tensors.js";
import type { RunCondition } from "./tile-messages.js";
import { TilePool, type PooledRun, type TilePoolOptions } from "./tile-pool.js";

/**
 * tfjs on WebAssembly in several workers: mixtures are merged and statistics measured on this thread, tiles are restored in
 * the workers, bit for bit as on one thread. Workers start when a run announces two blocks or more, and stay until the executor
 * is disposed. One that cannot be started, or dies, is given up: its tile is restored elsewhere.
 */
export class TileWorkersExecutor implements Executor {
  /** tfjs's own ops. */
  readonly kind = "tfjs";
  /** Where the workers compute. */
  readonly backend = "wasm";
  readonly #own: TfjsExecutor;
  readonly #pool: TilePool;

  /**
   * @param own - the executor on this thread, on WebAssembly; from now on it belongs to this one
   * @param options - the workers
   * @throws {@link LimpidError} `InvalidArgument` if the number of workers is none
   */
  constructor(own: TfjsExecutor, options: TilePoolOptions) {
    const { count = 0 } = options;
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new LimpidError("InvalidArgument", `the number of tile workers is ${count}, expected 0 or more`);
    }
    this.#own = own;
    this.#pool = new TilePool(options);
  }

  /** Bytes that weights and experts take on this thread; each worker has copies of the backbones that it runs. */
  get byteSize(): number {
    return this.#own.byteSize;
  }

  begin(mixture: readonly MixtureEntry[], embedding: Float32Array): ExecutorRun {
    return new TileWorkersRun(this.#own.begin(mixture, embedding), this.#pool);
  }

  releaseExperts(isNeeded: (expert: Expert) => boolean): void {
    this.#own.releaseExperts(isNeeded);
  }

  dispose(): void {
    this.#pool.dispose();
    this.#own.dispose();
  }
}

class TileWorkersRun implements ExecutorRun {
  readonly #own: TfjsRun;
  readonly #pool: TilePool;
  readonly #pooled: PooledRun;
  /** What the workers are told with every block; copied from the backend once. */
  #condition: RunCondition | undefined;
  #disposed = false;

  constructor(own: TfjsRun, pool: TilePool) {
    this.#own = own;
    this.#pool = pool;
    this.#pooled = {
      backbone: own.backbone,
      condition: () => (this.#condition ??= conditionOf(own)),
      restoreHere: (block, options) => own.restore(block, options),
    };
  }

  /** Twice as many as are restored at once, so that no worker waits for a slower one whose tile comes before its own. */
  get overlap(): number {
    const { width } = this.#pool;
    return width > 1 ? 2 * width : 1;
  }

  announce(blocks: number): void {
    this.#pool.expect(blocks);
  }

  async measure(blocks: readonly PixelBlock[], options: ExecutorCallOptions = {}): Promise<void> {
    try {
      await this.#own.measure(blocks, options);
    } finally {
      this.#condition = undefined;
    }
  }

  async restore(block: PixelBlock, options: ExecutorCallOptions = {}): Promise<PixelBlock> {
    if (this.#disposed) throw new LimpidError("Disposed", "a run was used after disposal");
    throwIfAborted(options.signal);
    return this.#pool.restore(this.#pooled, block, options);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#own.ownsBackbone) this.#pool.release(this.#own.backbone);
    this.#own.dispose();
  }
}

function conditionOf({ modulation, statistics }: TfjsRun): RunCondition {
  return packTensors({ modulation: modulation.stages, statistics: Object.fromEntries(statistics) });
}
