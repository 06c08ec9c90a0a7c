import { createLimpid, type BackendName, type Limpid } from "limpid";

/** Where it may compute. */
export type BackendChoice = "auto" | Extract<BackendName, "webgpu" | "wasm">;

/** What the page shows of the engine. */
export interface EngineView {
  /** The engine is being started. */
  starting(): void;
  /** It runs, or what it has has changed. */
  ready(limpid: Limpid): void;
  /** It cannot be started. */
  failed(error: unknown): void;
}

/** The engine in its worker: started at once, started anew for another backend and after a failed start. */
export class Engine {
  readonly #view: EngineView;
  #backend: BackendChoice = "auto";
  #started: Promise<Limpid> | undefined;

  /** @param view - told of every change */
  constructor(view: EngineView) {
    this.#view = view;
  }

  /** The engine; rejects if it does not start, and the next call tries again. */
  get(): Promise<Limpid> {
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

  async #start(): Promise<Limpid> {
    this.#view.starting();
    try {
      const limpid = await createLimpid({ assets: "limpid/", backend: this.#backend });
      this.#view.ready(limpid);
      return limpid;
    } catch (error) {
      this.#started = undefined;
      this.#view.failed(error);
      throw error;
    }
  }
}
