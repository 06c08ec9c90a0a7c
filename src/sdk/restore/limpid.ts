import { backboneStride } from "../backbone/index.js";
import { EventEmitter, LimpidError, throwIfAborted, type Disposable, type Event } from "../base/index.js";
import {
  startBackend,
  TfjsBackend,
  TfjsExecutor,
  type BackendName,
  type Executor,
  type StartedBackend,
} from "../engine/index.js";
import type { MixtureEntry } from "../experts/index.js";
import { bleedColorUnderAlpha, type PixelImage, type Rect } from "../image/index.js";
import { CompactRouter, type Analysis } from "../router/index.js";
import { chooseMixture, routeMixture } from "./mixture.js";
import { loadModel, type LoadedModel } from "./model.js";
import { modelFromUrl, type ModelSource } from "./model-source.js";
import type { AnalyzeOptions, RestoreOptions, RestoreResult } from "./options.js";
import { defaultTileSize, restoreImage } from "./restore-image.js";
import { RunQueue } from "./run-queue.js";

/** What {@link createLimpid} needs. */
export interface LimpidOptions {
  /** The model: a source, or the URL of the folder that holds its `model.json`. */
  readonly model: ModelSource | string | URL;
  /** Where to compute; `"auto"`, the default, is WebGPU on a real GPU and else WebAssembly. */
  readonly backend?: "auto" | BackendName;
  /** Folder, with a slash at its end, from which a page loads tfjs's `.wasm` files. */
  readonly wasmPath?: string;
  /** Told of every change of backend, those during the start included. */
  readonly onBackendChange?: (change: BackendChange) => void;
  /** Gives up the start when it fires. */
  readonly signal?: AbortSignal;
}

/** A backend that was not the first choice, or that replaced one that failed. */
export interface BackendChange {
  /** The backend that is used from now on. */
  readonly backend: BackendName;
  /** Why. */
  readonly reason: string;
}

/** An installed expert, as a user interface would list it. */
export interface ExpertDescription {
  /** Its id, such as `limpid.derain`. */
  readonly id: string;
  /** The degradations that it repairs. */
  readonly degradations: readonly string[];
}

/** What runs on one backend: made anew when a device is lost. */
interface Engine {
  readonly backend: TfjsBackend;
  readonly executor: Executor;
  readonly router: CompactRouter;
}

/**
 * Starts Limpid: reads a model, checks its hashes and prepares it on a backend.
 *
 * @param options - the model, and where to compute
 * @returns an instance, for the caller to dispose. Two instances do not see each other
 * @throws {@link LimpidError} `BackendUnavailable`, `WeightsMissing`, `WeightsCorrupt`, `InvalidConfig`,
 * `InvalidTensorFile`, `ExpertMismatch`, `Aborted`
 *
 * @example
 * ```ts
 * const limpid = await createLimpid({ model: "/models/" });
 * const result = await limpid.restore(PixelImage.fromImageData(pixels));
 * console.log(result.analysis.degradations[0], result.backend);
 * limpid.dispose();
 * ```
 */
export async function createLimpid(options: LimpidOptions): Promise<Limpid> {
  const { model, signal, onBackendChange } = options;
  const source = typeof model === "string" || model instanceof URL ? modelFromUrl(model) : model;
  const loaded = await loadModel(source, signal);
  const started = await startBackend(options.backend ?? "auto", wasmPathOf(options));
  try {
    throwIfAborted(signal);
    const limpid = new Limpid(loaded, started, options);
    if (started.fallbackReason !== undefined) {
      onBackendChange?.({ backend: started.backend.name, reason: started.fallbackReason });
    }
    return limpid;
  } catch (error) {
    started.backend.dispose();
    throw error;
  }
}

/** Blind photo restoration: says what is wrong with an image and repairs it. Made by {@link createLimpid}. */
export class Limpid implements Disposable {
  /** The model's id and version. */
  readonly model: {
    /** Such as `limpid.compact`. */
    readonly id: string;
    /** Semantic version. */
    readonly version: string;
  };
  /** Fired when a backend replaces another, with the reason. */
  readonly onDidChangeBackend: Event<BackendChange>;
  readonly #backendChanged = new EventEmitter<BackendChange>();
  readonly #loaded: LoadedModel;
  readonly #options: LimpidOptions;
  readonly #queue = new RunQueue();
  readonly #closing = new AbortController();
  #engine: Engine;
  #running = 0;
  readonly #fallbackReason: string | undefined;

  /** @internal To be made by {@link createLimpid}. */
  constructor(loaded: LoadedModel, started: StartedBackend, options: LimpidOptions) {
    const { id, version } = loaded.manifest;
    this.model = { id, version };
    this.onDidChangeBackend = this.#backendChanged.event;
    this.#loaded = loaded;
    this.#options = options;
    this.#fallbackReason = started.fallbackReason;
    this.#engine = makeEngine(loaded, started.backend);
    if (options.onBackendChange !== undefined) this.onDidChangeBackend(options.onBackendChange);
  }

  /** The backend that runs. */
  get backend(): BackendName {
    return this.#engine.backend.name;
  }

  /** Why a faster backend was passed over; undefined if none was. */
  get fallbackReason(): string | undefined {
    return this.#fallbackReason;
  }

  /** The experts that can be named in a restore. */
  get experts(): readonly ExpertDescription[] {
    return this.#loaded.experts.map(({ id, degradations }) => ({ id, degradations }));
  }

  /** Bytes of device memory held between runs. */
  get byteSize(): number {
    return this.#engine.executor.byteSize + this.#engine.router.byteSize;
  }

  /**
   * Says what is wrong with an image.
   *
   * @param image - any size
   * @param options - a signal
   * @returns probabilities, highest first, and the degradation embedding
   * @throws {@link LimpidError} `Aborted`, `DeviceLost`, `Disposed`
   */
  analyze(image: PixelImage, options: AnalyzeOptions = {}): Promise<Analysis> {
    return this.#enqueue(options.signal, async (engine) => analyzeOn(engine, bleedColorUnderAlpha(image)));
  }

  /**
   * Repairs an image. Runs of one instance wait for each other; the same input gives the same output.
   *
   * @param image - 1 x 1 to 100 megapixels, any channels and bit depth; not changed
   * @param options - experts, strength, mask, region, tile size, signal, progress
   * @returns a new image, and how it came about
   * @throws {@link LimpidError} `InvalidArgument`, `InvalidTileSize`, `UnknownExpert`, `Aborted`, `OutOfMemory`,
   * `DeviceLost` if the GPU went away twice, `Disposed`
   */
  async restore(image: PixelImage, options: RestoreOptions = {}): Promise<RestoreResult> {
    checkOptions(image, options);
    const chosen =
      options.experts === undefined || options.experts === "auto"
        ? undefined
        : chooseMixture(options.experts, this.#loaded.experts);
    return this.#enqueue(options.signal, (engine, signal) =>
      this.#restoreOn(engine, image, chosen, { ...options, signal }),
    );
  }

  /** Ends runs that wait or are under way with `Aborted`, then frees everything. */
  dispose(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new LimpidError("Disposed", "Limpid was disposed"));
    this.#backendChanged.dispose();
    // A run under way still holds the engine; it frees it when it stops.
    if (this.#running === 0) disposeEngine(this.#engine);
  }

  async #restoreOn(
    engine: Engine,
    image: PixelImage,
    chosen: readonly MixtureEntry[] | undefined,
    options: RestoreOptions & { readonly signal: AbortSignal },
  ): Promise<RestoreResult> {
    const { manifest, experts } = this.#loaded;
    const backend = engine.backend.name;
    const started = performance.now();
    const visible = bleedColorUnderAlpha(image);
    const analysis = options.analysis ?? (await analyzeOn(engine, visible));
    const analyzed = performance.now();
    const mixture = chosen ?? routeMixture(analysis, experts, manifest.router.threshold);
    const applied = mixture.map(({ expert, weight }) => ({ expert: expert.id, weight }));
    const isClean =
      chosen === undefined &&
      analysis.degradations.every(({ probability }) => probability < manifest.router.threshold);
    if (isClean || options.strength === 0) {
      const total = performance.now() - started;
      const timings = { analyze: analyzed - started, prepare: 0, tiles: 0, total };
      return { image: image.clone(), analysis, mixture: [], tiles: 0, backend, timings };
    }
    throwIfAborted(options.signal);
    const run = engine.executor.begin(mixture, analysis.embedding);
    try {
      let prepared = analyzed;
      const result = await restoreImage(image, options, {
        run,
        visible,
        tileSize: options.tileSize ?? defaultTileSize[backend],
        stride: backboneStride(manifest.backbone.config),
        onPrepared: () => (prepared = performance.now()),
      });
      const ended = performance.now();
      const timings = {
        analyze: analyzed - started,
        prepare: prepared - analyzed,
        tiles: ended - prepared,
        total: ended - started,
      };
      return { ...result, analysis, mixture: applied, backend, timings };
    } finally {
      run.dispose();
    }
  }

  /** Runs a task when its turn comes; if the GPU device is lost, once more on a new one. */
  #enqueue<T>(
    signal: AbortSignal | undefined,
    task: (engine: Engine, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const either =
      signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
    return this.#queue.add(async () => {
      this.#throwIfDisposed();
      throwIfAborted(either);
      this.#running++;
      try {
        return await task(this.#engine, either).catch(async (error: unknown) => {
          if (!this.#engine.backend.isLost) throw error;
          throwIfAborted(either);
          await this.#replaceLostDevice(error);
          return task(this.#engine, either);
        });
      } finally {
        this.#running--;
        if (this.#closing.signal.aborted && this.#running === 0) disposeEngine(this.#engine);
      }
    });
  }

  async #replaceLostDevice(error: unknown): Promise<void> {
    disposeEngine(this.#engine);
    try {
      const backend = await TfjsBackend.start("webgpu", wasmPathOf(this.#options));
      this.#engine = makeEngine(this.#loaded, backend);
    } catch (cause) {
      throw new LimpidError("DeviceLost", "the GPU device was lost and no other could be had", { cause });
    }
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

function wasmPathOf({ wasmPath }: LimpidOptions): { wasmPath?: string } {
  return wasmPath === undefined ? {} : { wasmPath };
}

function makeEngine(loaded: LoadedModel, backend: TfjsBackend): Engine {
  const { backbone, router } = loaded.manifest;
  const executor = new TfjsExecutor(backend, loaded.backbone, backbone.config);
  try {
    return {
      backend,
      executor,
      router: backend.run(() =>
        CompactRouter.fromTensorFile(loaded.router, router.config, router.degradations),
      ),
    };
  } catch (error) {
    executor.dispose();
    throw error;
  }
}

function disposeEngine({ backend, executor, router }: Engine): void {
  executor.dispose();
  router.dispose();
  backend.dispose();
}

async function analyzeOn({ backend, router }: Engine, visible: PixelImage): Promise<Analysis> {
  return backend.run(() => router.analyze(visible, (tensor) => backend.read(tensor)));
}

function checkOptions(image: PixelImage, { strength, mask, region }: RestoreOptions): void {
  if (strength !== undefined && !(strength >= 0 && strength <= 1)) {
    throw new LimpidError("InvalidArgument", `strength is ${strength}, expected 0 to 1`);
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
