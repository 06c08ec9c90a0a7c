import type * as tf from "@tensorflow/tfjs-core";
import {
  Modulation,
  PreparedBackbone,
  type PreparedLayers,
  type StageModulations,
} from "../../backbone/index.js";
import { LimpidError, TurnQueue } from "../../base/index.js";
import { TfjsBackend } from "../tfjs-backend.js";
import { TfjsRun } from "../tfjs-run.js";
import { unpackTensors } from "./packed-tensors.js";
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
  readonly #backbones = new Map<number, PreparedBackbone>();
  #backend: TfjsBackend | undefined;
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
        this.#backend = await TfjsBackend.start("wasm", message.options);
        return this.#post({ type: "ready" }, []);
      case "backbone": {
        const layers = this.#started.run(() => unpackTensors<PreparedLayers>(message.layers));
        this.#backbones.set(message.id, new PreparedBackbone(message.config, layers));
        return;
      }
      case "release":
        this.#backbones.get(message.id)?.dispose();
        this.#backbones.delete(message.id);
        return;
      case "restore":
        return this.#restore(message, signal);
    }
  }

  async #restore(
    { backbone, condition, block }: Extract<ToTileWorker, { readonly type: "restore" }>,
    signal: AbortSignal,
  ): Promise<void> {
    const run = this.#started.run(() => {
      const modulation = new Modulation(unpackTensors<StageModulations>(condition.modulation));
      const statistics = unpackTensors<Record<string, tf.Tensor4D>>(condition.statistics);
      return new TfjsRun(this.#started, this.#backbones.get(backbone)!, modulation, {
        statistics: new Map(Object.entries(statistics)),
      });
    });
    try {
      const restored = await run.restore(block, { signal });
      this.#post({ type: "restored", block: restored }, [restored.rgb.buffer as ArrayBuffer]);
    } catch (error) {
      if (!LimpidError.is(error, "Aborted")) throw error;
      this.#post({ type: "aborted" }, []);
    } finally {
      run.dispose();
    }
  }

  get #started(): TfjsBackend {
    if (this.#backend === undefined) throw new LimpidError("WorkerFailed", "the worker was not started");
    return this.#backend;
  }
}
