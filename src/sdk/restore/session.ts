import { backboneStride } from "../backbone/index.js";
import {
  EventEmitter,
  LimpidError,
  throwIfAborted,
  TurnQueue,
  type Disposable,
  type Event,
} from "../base/index.js";
import {
  Pace,
  startExecutor,
  type BackendName,
  type StartedExecutor,
  type TileWorkerOptions,
} from "../engine/index.js";
import type { Expert, ExpertSet, InstalledExpert, MixtureEntry } from "../experts/index.js";
import {
  bleedColorUnderAlpha,
  colorStatisticsSide,
  isOneTone,
  requirePixels,
  resizeArea,
  srgbTonesOf,
  type PixelImage,
  type Rect,
  type SrgbTones,
} from "../image/index.js";
import { CompactRouter, type Analysis as RouterAnalysis } from "../router/index.js";
import type { Analysis } from "./analysis.js";
import { chooseMixture, routeMixture } from "./mixture.js";
import type { ModelManifest } from "./model-manifest.js";
import type { LoadedModel } from "./model.js";
import type { AnalyzeOptions, RestoreOptions, RestoreResult } from "./options.js";
import { defaultTileSize, restoreImage, tilesOf } from "./restore-image.js";
import { RestoreWork } from "./restore-work.js";
import { activeRouterRows, presentDegradations, type RouterRows } from "./present-degradations.js";
import { withSmallerTiles } from "./smaller-tiles.js";

/** Where and how to compute. */
export interface EngineOptions {
  /** Where to compute; `"auto"`, the default, is WebGPU on a real GPU and else WebAssembly. */
  readonly backend?: "auto" | BackendName;
  /** Folder, with a slash at its end, from which a page loads tfjs's `.wasm` files; that of the assets if left out. */
  readonly wasmPath?: string;
  /**
   * Device memory that experts may take between runs, in bytes; 64 MiB if left out. The least recently used are let go of
   * first, pinned ones never.
   */
  readonly expertMemory?: number;
  /**
   * Workers that restore an image's tiles side by side, on WebAssembly, with the same result. An engine in a worker of a page
   * starts some by itself; elsewhere there are none if this is left out. One that fails is told to `onBackendChange`, and its
   * tile is restored elsewhere.
   */
  readonly tileWorkers?: TileWorkerOptions;
  /** Told of every change of backend, those during the start included. */
  readonly onBackendChange?: (change: BackendChange) => void;
  /** Gives up the start when it fires. */
  readonly signal?: AbortSignal;
}

/** What a {@link RestoreSession} needs. */
export interface SessionOptions extends EngineOptions {
  /** The model, checked. */
  readonly model: LoadedModel;
  /** The experts, which stay the caller's. */
  readonly experts: Pick<ExpertSet, "list" | "get" | "isPinned" | "onDidChange">;
  /** Checks one of tfjs's `.wasm` files by its name, before it is loaded. */
  readonly checkWasm?: (file: string) => Promise<unknown>;
}

/** Default of {@link EngineOptions.expertMemory}: some 150 experts of the compact model. */
const defaultExpertMemory = 64 * 2 ** 20;

/** A backend that was not the first choice, that replaced one that failed, or that goes on with fewer workers. */
export interface BackendChange {
  /** The backend that is used from now on. */
  readonly backend: BackendName;
  readonly reason: string;
}

/** What computes; made anew when a device is lost. */
interface Engine extends StartedExecutor {
  /** Side of a tile, in pixels, if nobody asks for another: less than the backend's once the device had no memory for that. */
  tileSize: number;
}

/** The experts of one run, as they were when it was asked for. */
interface RunExperts {
  /** All that were installed. */
  readonly installed: readonly InstalledExpert[];
  /** Those that the caller named; undefined if the router chooses. */
  readonly chosen: readonly MixtureEntry[] | undefined;
}

/**
 * Runs one model on one backend: analyses and restores, one after the other, and again on a new device if the GPU's is
 * lost. A run takes the experts as they are when it is asked for.
 */
export class RestoreSession implements Disposable {
  readonly [Symbol.dispose] = (): void => this.dispose();
  /** Fired when a backend replaces another, with the reason. */
  readonly onDidChangeBackend: Event<BackendChange>;
  readonly #backendChanged: EventEmitter<BackendChange>;
  readonly #options: SessionOptions;
  readonly #queue = new TurnQueue();
  readonly #pace = new Pace();
  readonly #closing = new AbortController();
  /** What runs that wait or are under way may still merge. */
  readonly #claims = new Set<readonly Expert[]>();
  readonly #expertsListening: Disposable;
  readonly #router: CompactRouter;
  #engine: Engine;
  #running = 0;

  private constructor(
    router: CompactRouter,
    engine: Engine,
    options: SessionOptions,
    backendChanged: EventEmitter<BackendChange>,
  ) {
    this.#backendChanged = backendChanged;
    this.onDidChangeBackend = backendChanged.event;
    this.#options = options;
    this.#router = router;
    this.#engine = engine;
    this.#expertsListening = options.experts.onDidChange(() => this.#releaseExperts());
    if (options.onBackendChange !== undefined) this.onDidChangeBackend(options.onBackendChange);
  }

  /**
   * Starts a backend and prepares the model on it.
   *
   * @param options - the model, its experts, and where to compute
   * @returns a session, for the caller to dispose
   * @throws {@link LimpidError} `BackendUnavailable`, `WeightsCorrupt`, `InvalidArgument`, `Aborted`
   */
  static async start(options: SessionOptions): Promise<RestoreSession> {
    const { signal, onBackendChange, expertMemory = 0 } = options;
    if (!(expertMemory >= 0)) {
      throw new LimpidError("InvalidArgument", `expertMemory is ${expertMemory}, expected 0 bytes or more`);
    }
    const { model } = options;
    const { config, degradations } = model.manifest.router;
    const router = await CompactRouter.prepare(model.router, config, degradations);
    const changed = new EventEmitter<BackendChange>();
    const engine = await startEngine(options.backend ?? "auto", options, changed);
    try {
      throwIfAborted(signal);
      const session = new RestoreSession(router, engine, options, changed);
      for (const reason of engine.fallbackReasons) onBackendChange?.({ backend: session.backend, reason });
      return session;
    } catch (error) {
      engine.dispose();
      throw error;
    }
  }

  /** The backend that runs. */
  get backend(): BackendName {
    return this.#engine.executor.backend;
  }

  /** Why a faster backend was passed over, the fastest first; empty if none was. */
  get fallbackReasons(): readonly string[] {
    return this.#engine.fallbackReasons;
  }

  /** Bytes of device memory held between runs; tile workers have copies of the network besides, which are not counted. */
  get byteSize(): number {
    return this.#engine.executor.byteSize + this.#router.byteSize;
  }

  /**
   * Says what is wrong with an image.
   *
   * @param image - any size
   * @param options - a signal, and whether to analyse each part of the image, too
   * @returns probabilities, highest first, which of them count as found, and the degradation embedding
   * @throws {@link LimpidError} `Aborted`, `DeviceLost`, `Disposed`
   */
  analyze(image: PixelImage, options: AnalyzeOptions = {}): Promise<Analysis> {
    const { router } = this.#options.model.manifest;
    const rows = activeRouterRows(this.#options.experts.list(), router.degradations);
    const { windows, onProgress } = options;
    const tell = onProgress && ((fraction: number): unknown => onProgress({ fraction }));
    return this.#enqueue(options.signal, [], async () => {
      requirePixels(image);
      const { visible } = seenByNetworks(image);
      const analysis = await addRows(await this.#router.analyze(visible, windows, tell), rows, visible);
      return { ...analysis, present: presentIn(visible, analysis, rows, router) };
    });
  }

  /**
   * Repairs an image. Runs of one instance wait for each other; the same input gives the same output.
   *
   * @param image - 1 x 1 to 100 megapixels, any channels and bit depth; not changed, and not to be changed or transferred meanwhile
   * @param options - experts, strength, mask, region, tile size, where to begin, signal, progress
   * @returns a new image, and how it came about
   * @throws {@link LimpidError} `InvalidImage` if its memory was transferred away, `InvalidArgument`, `InvalidTileSize`, `UnknownExpert`, `Aborted`, `OutOfMemory`,
   * `DeviceLost` if the GPU went away twice, `Disposed`
   */
  async restore(image: PixelImage, options: RestoreOptions = {}): Promise<RestoreResult> {
    checkOptions(image, options);
    this.#throwIfDisposed();
    const installed = this.#options.experts.list();
    const chosen =
      options.experts === undefined || options.experts === "auto"
        ? undefined
        : chooseMixture(options.experts, installed);
    const claimed = (chosen ?? installed).map(({ expert }) => expert);
    const work = new RestoreWork(options.onProgress);
    return this.#enqueue(options.signal, claimed, (engine, signal) =>
      this.#restoreOn(engine, image, { installed, chosen }, { ...options, signal }, work),
    );
  }

  /** Ends runs that wait or are under way with `Aborted`, then frees everything. */
  dispose(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new LimpidError("Disposed", "Limpid was disposed"));
    this.#backendChanged.dispose();
    this.#expertsListening.dispose();
    // A run under way still holds the engine; it frees it when it stops.
    if (this.#running === 0) this.#engine.dispose();
  }

  async #restoreOn(
    engine: Engine,
    image: PixelImage,
    { installed, chosen }: RunExperts,
    options: RestoreOptions & { readonly signal: AbortSignal },
    work: RestoreWork,
  ): Promise<RestoreResult> {
    const { manifest } = this.#options.model;
    const stride = backboneStride(manifest.backbone.config);
    const { tileSize: given } = options;
    const rows = activeRouterRows(installed, manifest.router.degradations);
    const { backend } = engine.executor;
    const started = performance.now();
    requirePixels(image);
    const plan = tilesOf(image, options, { tileSize: given ?? engine.tileSize, stride });
    await work.begin(image, plan, options.analysis !== undefined);
    const { visible, tones } = seenByNetworks(image);
    const looked = options.analysis ?? (await this.#router.analyze(visible, false, work.analyzed));
    const seen = await addRows(looked, rows, visible);
    const present = presentIn(visible, seen, rows, manifest.router);
    const analysis: Analysis = { ...seen, present };
    const analyzed = performance.now();
    const mixture = chosen ?? routeMixture(present, installed);
    const applied = mixture.map(({ expert, weight }) => ({ expert: expert.id, weight }));
    const isClean = chosen === undefined && present.length === 0;
    if (isClean || options.strength === 0) {
      const total = performance.now() - started;
      const timings = { analyze: analyzed - started, prepare: 0, tiles: 0, total };
      return { image: image.clone(), analysis, mixture: [], tiles: 0, tileSize: 0, backend, timings };
    }
    throwIfAborted(options.signal);
    const run = engine.executor.begin(mixture, analysis.embedding);
    try {
      let prepared = analyzed;
      const restoreIn = (tileSize: number): ReturnType<typeof restoreImage> =>
        restoreImage(image, options, {
          ...{ run, visible, tones, tileSize, stride, work },
          isShortOfMemory: given === undefined && tileSize < defaultTileSize(engine.executor),
          onPrepared: () => (prepared = performance.now()),
        });
      const { value: result, tileSize } =
        given === undefined
          ? await withSmallerTiles(engine.tileSize, stride, restoreIn)
          : { value: await restoreIn(given), tileSize: given };
      // What the device had no memory for now it would refuse again.
      if (given === undefined) engine.tileSize = tileSize;
      const ended = performance.now();
      const timings = {
        analyze: analyzed - started,
        prepare: prepared - analyzed,
        tiles: ended - prepared,
        total: ended - started,
      };
      return { ...result, tileSize, analysis, mixture: applied, backend, timings };
    } finally {
      run.dispose();
    }
  }

  /**
   * Runs a task when its turn comes; if the GPU device is lost, once more on a new one. Until it ends, the experts that it
   * may merge stay on the device.
   */
  async #enqueue<T>(
    signal: AbortSignal | undefined,
    experts: readonly Expert[],
    task: (engine: Engine, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    this.#throwIfDisposed();
    const either =
      signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
    this.#claims.add(experts);
    return this.#queue.add(async () => {
      this.#running++;
      try {
        // Small images one after the other would each end within their own time slice.
        await this.#pace.breathe();
        throwIfAborted(either);
        return await task(this.#engine, either).catch(async (error: unknown) => {
          if (!LimpidError.is(error, "DeviceLost")) throw error;
          throwIfAborted(either);
          await this.#replaceLostDevice(error);
          return task(this.#engine, either);
        });
      } finally {
        this.#running--;
        this.#claims.delete(experts);
        this.#releaseExperts();
        if (this.#closing.signal.aborted && this.#running === 0) this.#engine.dispose();
      }
    });
  }

  /** Lets go of experts that are no longer installed, once no run can want them. */
  #releaseExperts(): void {
    this.#engine.executor.releaseExperts(
      (expert) =>
        isInstalled(expert, this.#options.experts) ||
        [...this.#claims].some((claim) => claim.includes(expert)),
    );
  }

  async #replaceLostDevice(error: unknown): Promise<void> {
    const lost = this.#engine;
    try {
      // Until there is another, every run finds the device lost, and asks again.
      this.#engine = await startEngine("webgpu", this.#options, this.#backendChanged);
    } catch (cause) {
      throw new LimpidError("DeviceLost", "the GPU device was lost and no other could be had", { cause });
    }
    lost.dispose();
    const reason = error instanceof Error ? error.message : String(error);
    this.#backendChanged.fire({
      backend: "webgpu",
      reason: `a new device replaces one that failed: ${reason}`,
    });
  }

  #throwIfDisposed(): void {
    if (this.#closing.signal.aborted) throw new LimpidError("Disposed", "Limpid was used after disposal");
  }
}

function isInstalled(expert: Expert, experts: SessionOptions["experts"]): boolean {
  return experts.get(expert.id)?.expert === expert;
}

async function startEngine(
  backend: "auto" | BackendName,
  { model, experts, expertMemory, tileWorkers, wasmPath, checkWasm }: SessionOptions,
  changed: EventEmitter<BackendChange>,
): Promise<Engine> {
  const started = await startExecutor(backend, {
    file: model.backbone,
    config: model.manifest.backbone.config,
    resident: {
      byteBudget: expertMemory ?? defaultExpertMemory,
      isPinned: (expert) => experts.isPinned(expert.id) && isInstalled(expert, experts),
    },
    ...(tileWorkers?.factory && {
      workers: {
        ...tileWorkers,
        factory: tileWorkers.factory,
        onGiveUp: (reason) => changed.fire({ backend: "wasm", reason }),
      },
    }),
    ...(wasmPath !== undefined && { wasmPath }),
    ...(checkWasm && { checkWasm }),
  });
  return { ...started, tileSize: defaultTileSize(started.executor) };
}

/**
 * What an image has. In a single tone no fault of the router's can be told from what was meant; a pack's row may still be about that
 * very tone.
 */
function presentIn(
  visible: PixelImage,
  analysis: RouterAnalysis,
  rows: RouterRows,
  router: ModelManifest["router"],
): Analysis["present"] {
  const present = presentDegradations(analysis, rows, router);
  return isOneTone(visible) ? present.filter(({ degradation }) => rows.has(degradation)) : present;
}

/** Adds what rows see of an image. */
async function addRows(
  analysis: RouterAnalysis,
  rows: RouterRows,
  visible: PixelImage,
): Promise<RouterAnalysis> {
  if (rows.size === 0) return analysis;
  // Loaded only here, since most pages have no pack. It shares no module with what is loaded already: sharing costs chunks.
  const { withRouterRows } = await import("./router-rows.js");
  return withRouterRows(analysis, rows, () => resizeArea(visible, colorStatisticsSide, colorStatisticsSide));
}

/** What router and network look at: no holes under transparent pixels, and about sRGB's tone curve. */
function seenByNetworks(image: PixelImage): { visible: PixelImage; tones: SrgbTones | undefined } {
  const tones = srgbTonesOf(image);
  return { visible: bleedColorUnderAlpha(tones?.encode(image) ?? image), tones };
}

function checkOptions(image: PixelImage, { strength, mask, region, startAt }: RestoreOptions): void {
  if (strength !== undefined && !(strength >= 0 && strength <= 1)) {
    throw new LimpidError("InvalidArgument", `strength is ${strength}, expected 0 to 1`);
  }
  if (startAt !== undefined && !(Number.isFinite(startAt.x) && Number.isFinite(startAt.y))) {
    throw new LimpidError("InvalidArgument", `startAt is ${startAt.x}, ${startAt.y}, expected two numbers`);
  }
  if (mask !== undefined) {
    if (!mask.isGray) throw new LimpidError("InvalidArgument", "a mask must be grey");
    if (mask.width !== image.width || mask.height !== image.height) {
      throw new LimpidError(
        "InvalidArgument",
        `the mask is ${mask.width} x ${mask.height}, the image ${image.width} x ${image.height}`,
      );
    }
  }
  if (region !== undefined) checkRegion(region, image);
}

function checkRegion({ x, y, width, height }: Rect, image: PixelImage): void {
  const inside =
    [x, y, width, height].every(Number.isSafeInteger) &&
    x >= 0 &&
    y >= 0 &&
    width >= 1 &&
    height >= 1 &&
    x + width <= image.width &&
    y + height <= image.height;
  if (!inside) {
    throw new LimpidError(
      "InvalidArgument",
      `the region ${width} x ${height} at ${x}, ${y} is not inside the image of ${image.width} x ${image.height}`,
      { details: { x, y, width, height } },
    );
  }
}
