import { LimpidError, throwIfAborted } from "../../base/index.js";
import type { Expert, MixtureEntry } from "../../experts/index.js";
import type { Executor, ExecutorCallOptions, ExecutorRun, PixelBlock } from "../executor.js";
import type { WasmExecutor } from "../wasm/wasm-executor.js";
import type { WasmRun } from "../wasm/wasm-run.js";
import { TilePool, type PooledRun, type TilePoolOptions } from "./tile-pool.js";

/**
 * The fused WebAssembly kernels in several workers: mixtures are merged and statistics measured on this thread, tiles are restored in
 * the workers, bit for bit as on one thread. Workers start when a run announces two blocks or more, and stay until the executor
 * is disposed. One that cannot be started, or dies, is given up: its tile is restored elsewhere. The next run replaces one that died
 * after it had restored blocks.
 */
export class TileWorkersExecutor implements Executor {
  readonly [Symbol.dispose] = (): void => this.dispose();
  readonly kind = "wasm";
  readonly backend = "wasm";
  readonly #own: WasmExecutor;
  readonly #pool: TilePool;
  #runs = 0;

  /**
   * @param own - the executor on this thread; from now on it belongs to this one
   * @throws {@link LimpidError} `InvalidArgument` if the number of workers is none
   */
  constructor(own: WasmExecutor, options: TilePoolOptions) {
    const { count = 0 } = options;
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new LimpidError("InvalidArgument", `the number of tile workers is ${count}, expected 0 or more`);
    }
    this.#own = own;
    this.#pool = new TilePool(options, own.machineOptions);
  }

  /** Bytes that weights and experts take on this thread; each worker has copies of the weights that it runs with. */
  get byteSize(): number {
    return this.#own.byteSize;
  }

  begin(mixture: readonly MixtureEntry[], embedding: Float32Array): ExecutorRun {
    const run = this.#own.begin(mixture, embedding);
    this.#runs++;
    return new TileWorkersRun(run, this.#pool, () => {
      if (--this.#runs === 0) this.#pool.rest();
    });
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
  readonly [Symbol.dispose] = (): void => this.dispose();
  readonly #own: WasmRun;
  readonly #pool: TilePool;
  readonly #onEnd: () => void;
  readonly #pooled: PooledRun;
  #disposed = false;

  constructor(own: WasmRun, pool: TilePool, onEnd: () => void) {
    this.#own = own;
    this.#pool = pool;
    this.#onEnd = onEnd;
    this.#pooled = {
      program: () => own.program,
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

  measure(blocks: readonly PixelBlock[], options: ExecutorCallOptions = {}): Promise<void> {
    return this.#own.measure(blocks, options);
  }

  async restore(block: PixelBlock, options: ExecutorCallOptions = {}): Promise<PixelBlock> {
    if (this.#disposed) throw new LimpidError("Disposed", "a run was used after disposal");
    throwIfAborted(options.signal);
    return this.#pool.restore(this.#pooled, block, options);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#own.ownsWeights) this.#pool.release(this.#own.program.weights);
    this.#own.dispose();
    this.#onEnd();
  }
}
