import { LimpidError, throwIfAborted } from "../../base/index.js";
import type { ExecutorCallOptions, PixelBlock } from "../executor.js";
import type { MachineOptions } from "../wasm/machine.js";
import type { TileWorkerFactory, TileWorkerOptions } from "./tile-worker.js";
import { WorkerPlace, type PlacedRun } from "./worker-place.js";

/** Tile workers, and what their executor is told besides. */
export interface TilePoolOptions extends TileWorkerOptions {
  /** What starts the workers. */
  readonly factory: TileWorkerFactory;
  /** Told when a worker is given up, with the reason. */
  readonly onGiveUp?: (reason: string) => void;
}

/** A run as the pool sees it. */
export interface PooledRun extends PlacedRun {
  /** Restores a block on this thread. */
  readonly restoreHere: (block: PixelBlock, options: ExecutorCallOptions) => Promise<PixelBlock>;
}

/** This thread, as one place among the workers. */
const here = Symbol("here");

/** Who waits for a place. */
interface Waiter {
  resolve(place: WorkerPlace | typeof here): void;
  reject(error: Error): void;
}

/**
 * Workers that blocks are handed to, first come, first served. This thread computes too as long as workers are missing:
 * until they are ready, and when some were given up.
 */
export class TilePool {
  readonly #options: TilePoolOptions;
  readonly #machine: MachineOptions;
  readonly #count: number;
  #places: WorkerPlace[] = [];
  readonly #waiting = new Set<Waiter>();
  #wanted = 0;
  /** Workers that were started, without those that are to be replaced. */
  #started = 0;
  #isHereTaken = false;
  #disposed = false;

  /** @param options - the factory, and how many workers at most */
  constructor(options: TilePoolOptions, machine: MachineOptions) {
    this.#options = options;
    this.#machine = machine;
    this.#count = options.count ?? options.factory.defaultCount;
  }

  /**
   * Starts workers, if there are fewer. One that died after it had restored blocks is replaced; one that never did would die again.
   *
   * @param blocks - how many blocks will come; for one no worker is started
   */
  expect(blocks: number): void {
    const wanted = Math.min(this.#count, blocks);
    if (wanted < 2) return;
    this.#wanted = Math.max(this.#wanted, wanted);
    for (; this.#started < wanted && !this.#disposed; this.#started++) this.#start();
  }

  /** How many blocks can be restored at the same time. */
  get width(): number {
    return Math.min(Math.max(1, this.#wanted), this.#places.length + 1);
  }

  /**
   * Restores a block where there is a place; if its worker is given up, once more at another.
   *
   * @param block - any size; not changed
   * @throws {@link LimpidError} `Aborted` as soon as the signal fires, `OutOfMemory`, `Disposed`
   */
  async restore(run: PooledRun, block: PixelBlock, options: ExecutorCallOptions): Promise<PixelBlock> {
    for (;;) {
      const place = await this.#nextPlace(options.signal);
      if (place === here) {
        try {
          return await run.restoreHere(block, options);
        } finally {
          this.#isHereTaken = false;
          this.#handOut();
        }
      }
      try {
        return await place.restore(run, block, options);
      } catch (error) {
        if (!place.isGone) throw error;
        throwIfAborted(options.signal);
      }
    }
  }

  /** Lets the workers free weights. */
  release(weights: Float32Array): void {
    for (const place of this.#places) place.release(weights);
  }

  /** Lets the workers free what blocks worked on: none is to come for now. */
  rest(): void {
    for (const place of this.#places) place.rest();
  }

  /** Ends the workers. Blocks that wait fail with `Disposed`. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const place of this.#places) place.dispose();
    this.#places = [];
    for (const waiter of [...this.#waiting]) waiter.reject(disposedError());
  }

  #start(): void {
    const { factory, startTime = 10_000, hangTime = 60_000 } = this.#options;
    try {
      const place = new WorkerPlace(factory.start(), {
        machine: this.#machine,
        startTime,
        hangTime,
        onFree: () => this.#handOut(),
        onGiveUp: (reason, hasRestored) => {
          if (hasRestored) this.#started--;
          this.#places = this.#places.filter(({ isGone }) => !isGone);
          this.#say(reason);
          this.#handOut();
        },
      });
      if (!place.isGone) this.#places.push(place);
    } catch (error) {
      this.#say(error instanceof Error ? error.message : String(error));
    }
  }

  #say(reason: string): void {
    this.#options.onGiveUp?.(`a tile worker was given up, and its tiles are restored elsewhere: ${reason}`);
  }

  #nextPlace(signal: AbortSignal | undefined): Promise<WorkerPlace | typeof here> {
    throwIfAborted(signal);
    if (this.#disposed) throw disposedError();
    return new Promise<WorkerPlace | typeof here>((resolve, reject) => {
      const end = (): void => {
        this.#waiting.delete(waiter);
        signal?.removeEventListener("abort", abort);
      };
      const waiter: Waiter = {
        resolve(place) {
          end();
          resolve(place);
        },
        reject(error) {
          end();
          reject(error);
        },
      };
      const abort = (): void =>
        waiter.reject(new LimpidError("Aborted", "the caller aborted the run", { cause: signal?.reason }));
      signal?.addEventListener("abort", abort);
      this.#waiting.add(waiter);
      this.#handOut();
    });
  }

  #handOut(): void {
    for (const waiter of this.#waiting) {
      const place = this.#freePlace();
      if (place === undefined) return;
      if (place === here) this.#isHereTaken = true;
      else place.take();
      waiter.resolve(place);
    }
  }

  #freePlace(): WorkerPlace | typeof here | undefined {
    const worker = this.#places.find(({ isFree }) => isFree);
    if (worker !== undefined) return worker;
    const ready = this.#places.filter(({ isReady }) => isReady).length;
    return !this.#isHereTaken && (ready === 0 || ready < this.#wanted) ? here : undefined;
  }
}

function disposedError(): LimpidError {
  return new LimpidError("Disposed", "an executor was used after disposal");
}
