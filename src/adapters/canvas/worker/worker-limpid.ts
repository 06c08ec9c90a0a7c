import {
  EventEmitter,
  LimpidError,
  throwIfAborted,
  type Disposable,
  type Event,
} from "../../../sdk/base/index.js";
import type { BackendName } from "../../../sdk/engine/index.js";
import type { Restorer } from "../../../sdk/host/index.js";
import type { PixelImage } from "../../../sdk/image/index.js";
import type { InstalledPack } from "../../../sdk/packs/index.js";
import type { Analysis, AnalyzeOptions, RestoreOptions, RestoreResult } from "../../../sdk/restore/index.js";
import { describeEngine, type EngineState, type InstallInWorkerOptions } from "./engine-state.js";
import type { WorkerPackOptions, WorkerStart } from "./messages.js";
import { whyNoWebgpu } from "./probe-webgpu.js";
import { WorkerConnection } from "./worker-connection.js";

/**
 * Where the engine runs.
 *
 * - `worker`: in a worker of the script's own address.
 * - `data-worker`: in a worker whose script is in a `data:` address: in sandboxed frames only these have WebGPU.
 * - `page`: on the page's thread, which stays responsive between the parts of a tile.
 */
export type EnginePlace = "worker" | "data-worker" | "page";

/** What {@link createWorkerLimpid} needs. */
export interface WorkerLimpidOptions {
  /** Address of `limpid-worker.js` of this package, as the page serves it. */
  readonly script: string | URL;
  /** Address of the model's folder, with a slash at its end; or its files by path. */
  readonly model: string | URL | ReadonlyMap<string, Uint8Array>;
  /** Where to compute; `"auto"`, the default, is WebGPU on a real GPU and else WebAssembly. */
  readonly backend?: "auto" | BackendName;
  /** Folder of tfjs's `.wasm` files, with a slash at its end. */
  readonly wasmPath?: string | URL;
  /** Places that may be tried, in this order; all, in the order of {@link EnginePlace}, if left out. */
  readonly places?: readonly EnginePlace[];
  /**
   * Most workers that restore the tiles of an image side by side on WebAssembly, started by the engine's worker when an image has
   * as many tiles; 0 for none. If left out, half as many as the machine has processors, at most four. On the page's thread
   * there are none.
   */
  readonly tileWorkers?: number;
  /** How long a worker that computes may be silent before it counts as dead, in milliseconds; 60,000 if left out. */
  readonly hangTime?: number;
  /** How packs are trusted. */
  readonly packs?: WorkerPackOptions;
  /** Told why a place was passed over, why a tile worker was given up, and of every change of backend. */
  readonly onFallback?: (reason: string) => void;
  /** Gives up the start when it fires. */
  readonly signal?: AbortSignal;
}

const everyPlace: readonly EnginePlace[] = ["worker", "data-worker", "page"];

/** Something that analyses and restores, wherever it runs. */
interface Engine extends Restorer, Disposable {
  readonly place: EnginePlace;
  readonly backend: BackendName;
  readonly isAlive: boolean;
  analyze(image: PixelImage, options: AnalyzeOptions): Promise<Analysis>;
  installPack(
    source: string | ReadonlyMap<string, Uint8Array>,
    options: InstallInWorkerOptions,
  ): Promise<InstalledPack>;
  uninstallPack(id: string): Promise<void>;
  describe(): Promise<EngineState>;
}

/**
 * Limpid in a worker, so that the page stays smooth while it computes. If the worker dies, its calls fail with `WorkerFailed`,
 * and the next call starts another one. Made by {@link createWorkerLimpid}.
 */
export class WorkerLimpid implements Restorer, Disposable {
  /** Fired when a place or a backend is passed over, with the reason. */
  readonly onDidFallBack: Event<string>;
  readonly #fellBack = new EventEmitter<string>();
  readonly #options: WorkerLimpidOptions;
  readonly #reasons: string[] = [];
  #engine: Promise<Engine>;
  #current: Engine;
  #disposed = false;

  private constructor(options: WorkerLimpidOptions, engine: Engine, reasons: readonly string[]) {
    this.onDidFallBack = this.#fellBack.event;
    this.#options = options;
    this.#current = engine;
    this.#engine = Promise.resolve(engine);
    this.#reasons.push(...reasons);
  }

  /** Starts one; used by {@link createWorkerLimpid}. */
  static async start(options: WorkerLimpidOptions): Promise<WorkerLimpid> {
    const reasons: string[] = [];
    const note = (reason: string) => {
      reasons.push(reason);
      options.onFallback?.(reason);
    };
    const engine = await openEngine(options, note);
    try {
      throwIfAborted(options.signal);
    } catch (error) {
      engine.dispose();
      throw error;
    }
    return new WorkerLimpid(options, engine, reasons);
  }

  /** Where the engine runs. */
  get place(): EnginePlace {
    return this.#current.place;
  }

  /** The backend that runs. */
  get backend(): BackendName {
    return this.#current.backend;
  }

  /** Why better places and backends were passed over, in order; empty if none was. */
  get fallbackReasons(): readonly string[] {
    return this.#reasons;
  }

  /**
   * Says what is wrong with an image.
   *
   * @param image - any size; not changed
   * @param options - a signal, and whether to say where what is
   * @returns probabilities, highest first, and the degradation embedding
   * @throws {@link LimpidError} `WorkerFailed` if the worker died, `Aborted`, `Disposed`; what `Limpid.analyze` throws
   */
  async analyze(image: PixelImage, options: AnalyzeOptions = {}): Promise<Analysis> {
    return (await this.#living()).analyze(image, options);
  }

  /**
   * Repairs an image.
   *
   * @param image - the image; not changed
   * @param options - as of `Limpid.restore`
   * @returns a new image, and how it came about
   * @throws {@link LimpidError} `WorkerFailed` if the worker died, `Aborted`, `Disposed`; what `Limpid.restore` throws
   */
  async restore(image: PixelImage, options: RestoreOptions = {}): Promise<RestoreResult> {
    return (await this.#living()).restore(image, options);
  }

  /**
   * Installs a pack in the worker, as `Packs.install` does. Where the worker has Cache Storage it is there again for the next
   * worker and the next visit; else it goes with the worker.
   *
   * @param source - address of the pack's folder, absolute or relative to the page; or its files by path
   * @param options - signal, progress, and what it must be
   * @returns the pack
   * @throws {@link LimpidError} `WorkerFailed` if the worker died, `InvalidArgument` for an address that is none; what
   * `Packs.install` throws
   */
  async installPack(
    source: string | URL | ReadonlyMap<string, Uint8Array>,
    options: InstallInWorkerOptions = {},
  ): Promise<InstalledPack> {
    const posted = typeof source === "string" || source instanceof URL ? addressOfPack(source) : source;
    return (await this.#living()).installPack(posted, options);
  }

  /**
   * Removes a pack with its experts.
   *
   * @param id - the extension's id
   * @throws {@link LimpidError} `UnknownExtension` if it is not installed, `WorkerFailed` if the worker died, `Disposed`
   */
  async uninstallPack(id: string): Promise<void> {
    return (await this.#living()).uninstallPack(id);
  }

  /**
   * What the engine has now: model, experts, packs, memory.
   *
   * @throws {@link LimpidError} `WorkerFailed` if the worker died, `Disposed`
   */
  async describe(): Promise<EngineState> {
    return (await this.#living()).describe();
  }

  /** Ends the worker. Calls that wait fail with `Disposed`. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#fellBack.dispose();
    this.#current.dispose();
    void this.#engine.then((engine) => engine.dispose()).catch(() => undefined);
  }

  /** The engine, or another one if it has died. */
  async #living(): Promise<Engine> {
    if (this.#disposed) throw new LimpidError("Disposed", "Limpid was used after disposal");
    const known = this.#engine;
    const engine = await known.catch(() => undefined);
    if (engine?.isAlive) return engine;
    // Of several calls that find it dead, the first one starts another.
    if (this.#engine === known) this.#engine = this.#reopen();
    return this.#engine;
  }

  async #reopen(): Promise<Engine> {
    const engine = await openEngine(this.#options, (reason) => this.#note(reason));
    this.#current = engine;
    if (this.#disposed) engine.dispose();
    return engine;
  }

  #note(reason: string): void {
    this.#reasons.push(reason);
    this.#fellBack.fire(reason);
    this.#options.onFallback?.(reason);
  }
}

/**
 * Starts Limpid in a worker, or as near to one as this frame allows: a worker of the script's address, then a worker in a
 * `data:` address, then the page's own thread. A place without WebGPU is passed over if the page itself has it. What was passed
 * over is told with its reason.
 *
 * @param options - the worker's script, the model, and where to compute
 * @returns Limpid, for the caller to dispose
 * @throws {@link LimpidError} `WorkerFailed` if no place that may be tried works, `BackendUnavailable`, `WeightsMissing`,
 * `WeightsCorrupt`, `Aborted`
 *
 * @example
 * ```ts
 * const limpid = await createWorkerLimpid({ script: "/limpid/limpid-worker.js", model: "/limpid/models/" });
 * await runOnHost(limpid, new CanvasHost(canvas));
 * ```
 */
export function createWorkerLimpid(options: WorkerLimpidOptions): Promise<WorkerLimpid> {
  return WorkerLimpid.start(options);
}

async function openEngine(options: WorkerLimpidOptions, note: (reason: string) => void): Promise<Engine> {
  const { places = everyPlace, backend = "auto" } = options;
  const wantsGpu = backend !== "wasm" && backend !== "cpu" && (await whyNoWebgpu()) === undefined;
  const withoutGpu: EnginePlace[] = [];
  for (const place of places) {
    throwIfAborted(options.signal);
    const engine = await tryPlace(place, options, wantsGpu, withoutGpu, note);
    if (engine !== undefined) return engine;
  }
  // Better a worker on the CPU than nothing, where the page's thread must not be used.
  for (const place of withoutGpu) {
    const engine = await tryPlace(place, options, false, [], note);
    if (engine !== undefined) return engine;
  }
  throw new LimpidError("WorkerFailed", `the engine starts nowhere that may be tried: ${places.join(", ")}`);
}

/** The engine at one place; undefined, with a note, if it does not work there. */
async function tryPlace(
  place: EnginePlace,
  options: WorkerLimpidOptions,
  wantsGpu: boolean,
  withoutGpu: EnginePlace[],
  note: (reason: string) => void,
): Promise<Engine | undefined> {
  if (place === "page") return openOnPage(options, note);
  const { hangTime = 60_000 } = options;
  let connection: WorkerConnection | undefined;
  try {
    const url = place === "worker" ? absolute(options.script) : await dataUrl(options.script);
    connection = await WorkerConnection.open(url, hangTime, ({ reason }) => note(reason));
    if (wantsGpu && connection.gpuProblem !== undefined) {
      connection.dispose();
      withoutGpu.push(place);
      note(`${place}: the page has WebGPU, and this worker does not: ${connection.gpuProblem}`);
      return undefined;
    }
  } catch (error) {
    note(`${place}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
  const opened = connection;
  try {
    const { backend } = await opened.start(workerStart(options));
    return {
      place,
      backend,
      get isAlive() {
        return opened.isAlive;
      },
      analyze: opened.analyze.bind(opened),
      restore: opened.restore.bind(opened),
      installPack: opened.installPack.bind(opened),
      uninstallPack: opened.uninstallPack.bind(opened),
      describe: opened.describe.bind(opened),
      dispose: opened.dispose.bind(opened),
    };
  } catch (error) {
    opened.dispose();
    throw error;
  }
}

async function openOnPage(options: WorkerLimpidOptions, note: (reason: string) => void): Promise<Engine> {
  const { model, backend, wasmPath, packs } = workerStart(options);
  // Loaded only where no worker is to be had: the page of the usual case does without the engine.
  const { createLimpid, modelFromFiles } = await import("./page-engine.js");
  const limpid = await createLimpid({
    model: typeof model === "string" ? model : modelFromFiles(model),
    ...(backend && { backend }),
    ...(wasmPath !== undefined && { wasmPath }),
    ...(packs && { packs }),
    ...(options.signal && { signal: options.signal }),
    onBackendChange: ({ reason }) => note(reason),
  });
  return {
    place: "page",
    isAlive: true,
    get backend() {
      return limpid.backend;
    },
    analyze: limpid.analyze.bind(limpid),
    restore: limpid.restore.bind(limpid),
    installPack: (source, install) => limpid.packs.install(source, install),
    uninstallPack: (id) => limpid.packs.uninstall(id),
    describe: () => Promise.resolve(describeEngine(limpid)),
    dispose: limpid.dispose.bind(limpid),
  };
}

/** Addresses are resolved here: a worker in a `data:` address has none of its own to start from. */
function workerStart({ model, backend, wasmPath, packs, tileWorkers }: WorkerLimpidOptions): WorkerStart {
  return {
    model: typeof model === "string" || model instanceof URL ? absolute(model) : model,
    ...(backend && { backend }),
    ...(wasmPath !== undefined && { wasmPath: absolute(wasmPath) }),
    ...(packs && { packs }),
    ...(tileWorkers !== undefined && { tileWorkers }),
  };
}

function addressOfPack(address: string | URL): string {
  try {
    return absolute(address);
  } catch (cause) {
    throw new LimpidError("InvalidArgument", `${JSON.stringify(String(address))} is no address of a pack`, {
      cause,
    });
  }
}

function absolute(address: string | URL): string {
  return new URL(address, document.baseURI).href;
}

/** The worker's script within its own address. */
async function dataUrl(script: string | URL): Promise<string> {
  const response = await fetch(absolute(script));
  if (!response.ok) throw new Error(`its script answers ${response.status}`);
  // Chromium takes addresses of 2 MiB at most, so only what has a meaning in an address is escaped.
  const text = (await response.text()).replace(/[%#?\t\n\r]/g, encodeURIComponent);
  return `data:text/javascript;charset=utf-8,${text}`;
}
