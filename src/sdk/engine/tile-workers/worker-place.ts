import type { PreparedBackbone } from "../../backbone/index.js";
import { LimpidError, throwIfAborted, untilAborted, type Disposable } from "../../base/index.js";
import type { ExecutorCallOptions, PixelBlock } from "../executor.js";
import type { StartBackendOptions } from "../tfjs-backend.js";
import { buffersOf, packTensors } from "./packed-tensors.js";
import type { FromTileWorker, RunCondition, ToTileWorker } from "./tile-messages.js";
import type { TileWorker } from "./tile-worker.js";

/** Silence is measured in so many parts: while this thread is held, or the machine asleep, none of them pass. */
const watchParts = 10;

/** How a {@link WorkerPlace} is made. */
export interface WorkerPlaceOptions {
  /** How the worker starts its backend. */
  readonly backend: StartBackendOptions;
  /** How long it may take until it is ready, in milliseconds. */
  readonly startTime: number;
  /** How long it may be silent while it restores, in milliseconds. */
  readonly hangTime: number;
  /** Told when it is ready, and when it is free again. */
  readonly onFree: () => void;
  /** Told why it was given up. */
  readonly onGiveUp: (reason: string) => void;
}

/** What a worker is to know of a run besides its backbone. */
export interface PlacedRun {
  /** The prepared backbone, its mixture merged; sent once. */
  readonly backbone: PreparedBackbone;
  /** What the run adds to it. */
  readonly condition: () => RunCondition;
}

/** A worker that restores one block at a time. One that fails, or falls silent, is ended for good. */
export class WorkerPlace implements Disposable {
  /** Starting at first; taken until what it was taken for is answered, even if nobody waits for the answer any more. */
  #state: "starting" | "free" | "taken" | "gone" = "starting";
  readonly #worker: TileWorker;
  readonly #options: WorkerPlaceOptions;
  /** The backbones that the worker has, with their ids. */
  readonly #backbones = new Map<PreparedBackbone, number>();
  #sent = 0;
  #answer: { resolve(block: PixelBlock): void; reject(error: unknown): void } | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #silence = 0;

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
    this.#post({ type: "start", options: options.backend });
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
    let condition: RunCondition;
    try {
      throwIfAborted(signal);
      condition = run.condition();
      this.#send(run.backbone);
    } catch (error) {
      this.#free();
      throw error;
    }
    const answer = new Promise<PixelBlock>((resolve, reject) => (this.#answer = { resolve, reject }));
    this.#watchOver(this.#options.hangTime, "it does not answer");
    this.#post({ type: "restore", backbone: this.#backbones.get(run.backbone)!, condition, block });
    const abort = (): void => this.#post({ type: "abort" });
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return await untilAborted(answer, signal);
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /**
   * Lets the worker free a backbone.
   *
   * @param backbone - of a run that ended; need not have been sent
   */
  release(backbone: PreparedBackbone): void {
    const id = this.#backbones.get(backbone);
    if (id === undefined) return;
    this.#backbones.delete(backbone);
    this.#post({ type: "release", id });
  }

  /** Ends the worker. */
  dispose(): void {
    if (this.#state === "gone") return;
    this.#state = "gone";
    this.#rest();
    this.#backbones.clear();
    this.#worker.dispose();
    this.#answer?.reject(new LimpidError("WorkerFailed", "the worker was ended"));
  }

  #send(backbone: PreparedBackbone): void {
    if (this.#backbones.has(backbone)) return;
    const layers = packTensors(backbone.layers);
    const id = ++this.#sent;
    this.#backbones.set(backbone, id);
    this.#post({ type: "backbone", id, config: backbone.config, layers }, buffersOf(layers));
  }

  #receive(message: FromTileWorker): void {
    if (this.#state === "gone") return;
    this.#silence = 0;
    switch (message.type) {
      case "ready":
        return this.#free();
      case "restored":
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
    this.#rest();
    this.#state = "free";
    this.#options.onFree();
  }

  #post(message: ToTileWorker, transfer: readonly ArrayBuffer[] = []): void {
    if (this.#state === "gone") return;
    try {
      this.#worker.post(message, transfer);
    } catch (error) {
      this.#giveUp(error instanceof Error ? error.message : String(error));
    }
  }

  #giveUp(reason: string): void {
    if (this.#state === "gone") return;
    this.dispose();
    this.#options.onGiveUp(reason);
  }

  /** A worker that the browser ended, for want of memory, says nothing: it is asked as long as something is waited for. */
  #watchOver(time: number, complaint: string): void {
    this.#rest();
    this.#watch = setInterval(() => {
      if (++this.#silence > watchParts) this.#giveUp(`${complaint} within ${time / 1000} seconds`);
      else if (this.#state === "taken") this.#post({ type: "ping" });
    }, time / watchParts);
  }

  #rest(): void {
    clearInterval(this.#watch);
    this.#silence = 0;
  }
}
