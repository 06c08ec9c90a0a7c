import { Channel, LimpidError, throwIfAborted, untilAborted, type WorkerPort } from "../../base/index.js";
import type { ExecutorCallOptions, PixelBlock } from "../executor.js";
import type { MachineOptions, Program } from "../wasm/machine.js";
import type { TileMethods } from "./tile-methods.js";

/** How a {@link WorkerPlace} is made. */
export interface WorkerPlaceOptions {
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
export class WorkerPlace {
  /** Starting at first; taken until what it was taken for is answered, even if nobody waits for the answer any more. */
  #state: "starting" | "free" | "taken" | "gone" = "starting";
  readonly #channel: Channel<TileMethods>;
  readonly #options: WorkerPlaceOptions;
  /** The weights that the worker has, with their ids. */
  readonly #weights = new Map<Float32Array, number>();
  #sent = 0;
  #hasRestored = false;

  /** @param port - the way to a worker that was just started; from now on it belongs to this object */
  constructor(port: WorkerPort, options: WorkerPlaceOptions) {
    this.#options = options;
    this.#channel = new Channel<TileMethods>(port, {
      handlers: {},
      hangTime: options.hangTime,
      onFail: ({ message }) => this.#giveUp(message),
    });
    const { module, config } = options.machine;
    this.#channel
      .call("start", { module, config }, { hangTime: options.startTime })
      .then(() => this.#free(), this.#fail);
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
   * @param block - any size; copied
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
    const task = { weights: this.#weights.get(weights)!, vectors, isMeasured, block };
    const answer = this.#channel.call("restore", task, { signal });
    answer.then(
      () => {
        this.#hasRestored = true;
        this.#free();
      },
      (error: unknown) => (LimpidError.is(error, "Aborted") ? this.#free() : this.#fail(error)),
    );
    return untilAborted(answer, signal);
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
    this.#channel.tell("release", id);
  }

  /** Lets the worker free what blocks worked on. */
  rest(): void {
    this.#channel.tell("rest", undefined);
  }

  /** Ends the worker. */
  dispose(): void {
    if (this.#state === "gone") return;
    this.#state = "gone";
    this.#weights.clear();
    this.#channel.dispose();
  }

  #send(weights: Float32Array): void {
    if (this.#weights.has(weights)) return;
    const id = ++this.#sent;
    this.#channel.tell("weights", { id, weights });
    this.#weights.set(weights, id);
  }

  #free(): void {
    if (this.#state === "gone") return;
    this.#state = "free";
    this.#options.onFree();
  }

  readonly #fail = (error: unknown): void =>
    this.#giveUp(error instanceof Error ? error.message : String(error));

  #giveUp(reason: string): void {
    if (this.#state === "gone") return;
    this.dispose();
    this.#options.onGiveUp(reason, this.#hasRestored);
  }
}
