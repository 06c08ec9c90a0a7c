import { LimpidError, throwIfAborted, untilAborted, type Disposable } from "../../base/index.js";
import type { ExecutorCallOptions, PixelBlock } from "../executor.js";
import type { MachineOptions, Program } from "../wasm/machine.js";
import type { FromTileWorker, ToTileWorker } from "./tile-messages.js";
import type { TileWorker } from "./tile-worker.js";

/** Silence is measured in so many parts: while this thread is held, or the machine asleep, none of them pass. */
const watchParts = 10;

/** How a {@link WorkerPlace} is made. */
export interface WorkerPlaceOptions {
  /** Its kernels and network. */
  readonly machine: MachineOptions;
  /** How long it may take until it is ready, in milliseconds. */
  readonly startTime: number;
  /** How long it may be silent while it restores, in milliseconds. */
  readonly hangTime: number;
  /** Told when it is ready, and when it is free again. */
  readonly onFree: () => void;
  /** Told why it was given up, and whether it has ever restored a block. */
  readonly onGiveUp: (reason: string, hasRestored: boolean) => void;
}

/** What a worker is to know of a run. */
export interface PlacedRun {
  /** What it runs now. Its weights are sent once. */
  readonly program: () => Program;
}

/** A worker that restores one block at a time. One that fails, or falls silent, is ended for good. */
export class WorkerPlace implements Disposable {
  /** Starting at first; taken until what it was taken for is answered, even if nobody waits for the answer any more. */
  #state: "starting" | "free" | "taken" | "gone" = "starting";
  readonly #worker: TileWorker;
  readonly #options: WorkerPlaceOptions;
  /** The weights that the worker has, with their ids. */
  readonly #weights = new Map<Float32Array, number>();
  #sent = 0;
  #answer: { resolve(block: PixelBlock): void; reject(error: unknown): void } | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #silence = 0;
  #hasRestored = false;

  /**
   * @param worker - just started; from now on it belongs to this object
   * @param options - times, and who is told
   */
  constructor(worker: TileWorker, options: WorkerPlaceOptions) {
    this.#worker = worker;
    this.#options = options;
    worker.onMessage((message) => this.#receive(message as FromTileWorker));
    worker.onDidFail((error) => this.#giveUp(error.message));
    this.#watchOver(options.startTime, "it does not start");
    const { module, config } = options.machine;
    this.#post({ type: "start", module, config });
  }

  /** Whether it waits for a block. */
  get isFree(): boolean {
    return this.#state === "free";
  }

  /** Whether its worker works, as far as one knows. */
  get isReady(): boolean {
    return this.#state === "free" || this.#state === "taken";
  }

  /** Whether it was given up. */
  get isGone(): boolean {
    return this.#state === "gone";
  }

  /** Keeps it for a block; {@link WorkerPlace.restore} is to follow. */
  take(): void {
    if (this.#state === "free") this.#state = "taken";
  }

  /**
   * Restores a block.
   *
   * @param run - the block's run
   * @param block - any size; copied
   * @param options - a signal
   * @returns a new block of the same size
   * @throws {@link LimpidError} `Aborted` as soon as the signal fires, `WorkerFailed` if the worker is given up, `Disposed`
   * if the run was
   */
  async restore(run: PlacedRun, block: PixelBlock, { signal }: ExecutorCallOptions): Promise<PixelBlock> {
    if (this.isGone) throw new LimpidError("WorkerFailed", "the worker was given up");
    const { weights, vectors, isMeasured } = run.program();
    try {
      throwIfAborted(signal);
      this.#send(weights);
    } catch (error) {
      this.#free();
      throw error;
    }
    const answer = new Promise<PixelBlock>((resolve, reject) => (this.#answer = { resolve, reject }));
    this.#watchOver(this.#options.hangTime, "it does not answer");
    const id = this.#weights.get(weights)!;
    this.#post({ type: "restore", weights: id, vectors, isMeasured, block });
    const abort = (): void => this.#post({ type: "abort" });
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return await untilAborted(answer, signal);
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /**
   * Lets the worker free weights.
   *
   * @param weights - of a run that ended; need not have been sent
   */
  release(weights: Float32Array): void {
    const id = this.#weights.get(weights);
    if (id === undefined) return;
    this.#weights.delete(weights);
    this.#post({ type: "release", id });
  }

  /** Lets the worker free what blocks worked on. */
  rest(): void {
    this.#post({ type: "rest" });
  }

  /** Ends the worker. */
  dispose(): void {
    if (this.#state === "gone") return;
    this.#state = "gone";
    this.#endWatch();
    this.#weights.clear();
    this.#worker.dispose();
    this.#answer?.reject(new LimpidError("WorkerFailed", "the worker was ended"));
  }

  #send(weights: Float32Array): void {
    if (this.#weights.has(weights)) return;
    const id = ++this.#sent;
    this.#weights.set(weights, id);
    this.#post({ type: "weights", id, weights });
  }

  #receive(message: FromTileWorker): void {
    if (this.#state === "gone") return;
    this.#silence = 0;
    switch (message.type) {
      case "ready":
        return this.#free();
      case "restored":
        this.#hasRestored = true;
        this.#answer?.resolve(message.block);
        return this.#free();
      case "aborted":
        this.#answer?.reject(new LimpidError("Aborted", "the caller aborted the run"));
        return this.#free();
      case "failed":
        return this.#giveUp(message.reason);
      case "pong":
        return;
    }
  }

  #free(): void {
    this.#answer = undefined;
    this.#endWatch();
    this.#state = "free";
    this.#options.onFree();
  }

  #post(message: ToTileWorker): void {
    if (this.#state === "gone") return;
    try {
      this.#worker.post(message, []);
    } catch (error) {
      this.#giveUp(error instanceof Error ? error.message : String(error));
    }
  }

  #giveUp(reason: string): void {
    if (this.#state === "gone") return;
    this.dispose();
    this.#options.onGiveUp(reason, this.#hasRestored);
  }

  /** A worker that the browser ended, for want of memory, says nothing: it is asked as long as something is waited for. */
  #watchOver(time: number, complaint: string): void {
    this.#endWatch();
    this.#watch = setInterval(() => {
      if (++this.#silence > watchParts) this.#giveUp(`${complaint} within ${time / 1000} seconds`);
      else if (this.#state === "taken") this.#post({ type: "ping" });
    }, time / watchParts);
  }

  #endWatch(): void {
    clearInterval(this.#watch);
    this.#silence = 0;
  }
}
