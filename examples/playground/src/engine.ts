import type { BackendName } from "limpid";
import { createWorkerLimpid, type EngineState, type WorkerLimpid } from "limpid/canvas";

/** Where it may compute. */
export type BackendChoice = "auto" | Extract<BackendName, "webgpu" | "wasm">;

/** What the page shows of the engine. */
export interface EngineView {
  /** The engine is being started. */
  starting(): void;
  /** It runs, or what it has has changed. */
  ready(state: EngineState, limpid: WorkerLimpid): void;
  /** It cannot be started. */
  failed(error: unknown): void;
}

/** The engine in its worker: started at once, started anew for another backend and after a failed start. */
export class Engine {
  readonly #view: EngineView;
  #backend: BackendChoice = "auto";
  #started: Promise<WorkerLimpid> | undefined;

  /** @param view - told of every change */
  constructor(view: EngineView) {
    this.#view = view;
  }

  /** The engine; rejects if it does not start, and the next call tries again. */
  get(): Promise<WorkerLimpid> {
    this.#started ??= this.#start();
    return this.#started;
  }

  /** Ends the engine, with all its runs, and starts another one. */
  async restart(backend: BackendChoice): Promise<void> {
    const before = this.#started;
    this.#backend = backend;
    this.#started = this.#start();
    await Promise.all([this.#started, before?.then((limpid) => limpid.dispose()).catch(() => undefined)]);
  }

  /** Reads what the engine has, for the view and the caller. */
  async describe(): Promise<EngineState> {
    const limpid = await this.get();
    const state = await limpid.describe();
    this.#view.ready(state, limpid);
    return state;
  }

  async #start(): Promise<WorkerLimpid> {
    this.#view.starting();
    try {
      const limpid = await createWorkerLimpid({
        script: "limpid-worker.js",
        model: "models/",
        wasmPath: "wasm/",
        backend: this.#backend,
        // The page itself stays free, and a worker has its own memory.
        places: ["worker", "page"],
      });
      this.#view.ready(await limpid.describe(), limpid);
      return limpid;
    } catch (error) {
      this.#started = undefined;
      this.#view.failed(error);
      throw error;
    }
  }
}
