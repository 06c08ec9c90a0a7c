import { LimpidError, TurnQueue } from "../../base/index.js";
import { keptMemory, Machine, type MachineOptions } from "../wasm/machine.js";
import type { FromTileWorker, ToTileWorker } from "./tile-messages.js";

/**
 * Makes this thread one that restores tiles.
 *
 * @param post - sends a message to whoever started the thread
 * @returns to be called with each message from there
 */
export function serveTiles(
  post: (message: FromTileWorker, transfer: ArrayBuffer[]) => void,
): (message: unknown) => void {
  const server = new TileServer(post);
  return (message) => server.receive(message as ToTileWorker);
}

class TileServer {
  readonly #post: (message: FromTileWorker, transfer: ArrayBuffer[]) => void;
  readonly #turns = new TurnQueue();
  readonly #weights = new Map<number, Float32Array>();
  #options: MachineOptions | undefined;
  #machine: Machine | undefined;
  /** Of the last restore. */
  #abort = new AbortController();

  constructor(post: (message: FromTileWorker, transfer: ArrayBuffer[]) => void) {
    this.#post = post;
  }

  receive(message: ToTileWorker): void {
    if (message.type === "ping") return this.#post({ type: "pong" }, []);
    if (message.type === "abort") return this.#abort.abort();
    if (message.type === "restore") this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#turns
      .add(() => this.#carryOut(message, signal))
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.#post({ type: "failed", reason }, []);
      });
  }

  async #carryOut(
    message: Exclude<ToTileWorker, { readonly type: "ping" | "abort" }>,
    signal: AbortSignal,
  ): Promise<void> {
    switch (message.type) {
      case "start":
        this.#options = { module: message.module, config: message.config };
        this.#machine = new Machine(this.#options);
        return this.#post({ type: "ready" }, []);
      case "weights":
        this.#weights.set(message.id, message.weights);
        return;
      case "release":
        this.#weights.delete(message.id);
        return;
      case "rest":
        if ((this.#machine?.byteSize ?? 0) > keptMemory) this.#machine = undefined;
        return;
      case "restore":
        return this.#restore(message, signal);
    }
  }

  async #restore(
    { weights: id, vectors, isMeasured, block }: Extract<ToTileWorker, { readonly type: "restore" }>,
    signal: AbortSignal,
  ): Promise<void> {
    const weights = this.#weights.get(id);
    if (this.#options === undefined || weights === undefined) {
      throw new LimpidError("WorkerFailed", "the worker was not started");
    }
    this.#machine ??= new Machine(this.#options);
    try {
      const restored = await this.#machine.restore({ weights, vectors, isMeasured }, block, { signal });
      this.#post({ type: "restored", block: restored }, [restored.rgb.buffer as ArrayBuffer]);
    } catch (error) {
      if (!LimpidError.is(error, "Aborted")) throw error;
      this.#post({ type: "aborted" }, []);
    }
  }
}
