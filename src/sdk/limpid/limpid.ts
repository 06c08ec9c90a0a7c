import type { Disposable, Event } from "../base/index.js";
import type { BackendName } from "../engine/index.js";
import type { ExpertSet } from "../experts/index.js";
import type { Commands, Configuration, ContextKeys, Extensions, Menus } from "../extensions/index.js";
import type { Packs } from "../packs/index.js";
import type {
  Analysis,
  AnalyzeOptions,
  BackendChange,
  LoadedModel,
  RestorableImage,
  RestoreOptions,
  RestoreResult,
  RestoreSession,
} from "../restore/index.js";
import { inKind, isPixelImage, pixelsOf } from "./restorable-image.js";
import { Diagnostics } from "./diagnostics.js";
import type { ExtensionParts } from "./extension-parts.js";

/** What an instance is composed of; made by {@link createLimpid}. */
export interface LimpidParts extends ExtensionParts {
  /** The model. */
  readonly model: LoadedModel;
  /** The installed experts. */
  readonly experts: ExpertSet;
  /** The installed packs. */
  readonly packs: Packs;
  /** What analyses and restores. */
  readonly session: RestoreSession;
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
  /** The experts that can be named in a restore, and that the router chooses from. */
  readonly experts: ExpertSet;
  /** The packs that are installed, whose experts are in the set. */
  readonly packs: Packs;
  /** The extensions that are installed. */
  readonly extensions: Extensions;
  /** The verbs of the application, of Limpid and of extensions. */
  readonly commands: Commands;
  /** What extensions put into menus; where they are shown is the application's to decide. */
  readonly menus: Menus;
  /** What is the case now: `when` clauses are held against it. */
  readonly contextKeys: ContextKeys;
  /** The settings that extensions declare. */
  readonly configuration: Configuration;
  /** What is going on, for bug reports, and the search for an extension that is at fault. */
  readonly diagnostics: Diagnostics;
  /** Fired when a backend replaces another, with the reason. */
  readonly onDidChangeBackend: Event<BackendChange>;
  readonly #session: RestoreSession;
  readonly #owned: Disposable;

  /** @internal To be made by {@link createLimpid}. */
  constructor(parts: LimpidParts, owned: Disposable) {
    const { model, experts, packs, session } = parts;
    const { id, version } = model.manifest;
    this.model = { id, version };
    this.experts = experts;
    this.packs = packs;
    this.extensions = parts.extensions;
    this.commands = parts.commands;
    this.menus = parts.menus;
    this.contextKeys = parts.contextKeys;
    this.configuration = parts.configuration;
    this.diagnostics = new Diagnostics(parts);
    this.onDidChangeBackend = session.onDidChangeBackend;
    this.#session = session;
    this.#owned = owned;
  }

  /** The backend that runs. */
  get backend(): BackendName {
    return this.#session.backend;
  }

  /** Why a faster backend was passed over; undefined if none was. */
  get fallbackReason(): string | undefined {
    return this.#session.fallbackReason;
  }

  /** Bytes of device memory held between runs; tile workers have copies of the network besides, which are not counted. */
  get byteSize(): number {
    return this.#session.byteSize;
  }

  /**
   * Says what is wrong with an image.
   *
   * @param image - pixels of any size, or what has them in a page
   * @param options - a signal, and whether to say where what is
   * @returns probabilities, highest first, which of them count as found, and the degradation embedding
   * @throws {@link LimpidError} `Aborted`, `DeviceLost`, `Disposed`
   */
  async analyze(image: RestorableImage, options: AnalyzeOptions = {}): Promise<Analysis> {
    const analysis = await this.#session.analyze(
      isPixelImage(image) ? image : await pixelsOf(image, options.signal),
      options,
    );
    this.extensions.analyzed(analysis.degradations, analysis.present);
    return analysis;
  }

  /**
   * Repairs an image. Runs of one instance wait for each other; the same input gives the same output. A run takes the
   * experts as they are when it is asked for: what is installed or removed meanwhile does not touch it.
   *
   * Pixels as a {@link PixelImage} keep everything. Of canvases, bitmaps and image files in a page `readPixels` of
   * `limpid/canvas` tells what was lost in reading them; this does not.
   *
   * @param image - 1 x 1 to 100 megapixels, any channels and bit depth; not changed, and not to be changed or transferred meanwhile
   * @param options - experts, strength, mask, region, tile size, signal, progress
   * @returns a new image, and how it came about
   * @throws {@link LimpidError} `InvalidImage` if its memory was transferred away, `InvalidArgument`, `InvalidTileSize`, `UnknownExpert`, `Aborted`, `OutOfMemory`,
   * `DeviceLost` if the GPU went away twice, `Disposed`; `PixelsUnreadable`, `UnsupportedImage`, `CorruptImage` for what cannot
   * be read
   */
  async restore<Image extends RestorableImage>(
    image: Image,
    options: RestoreOptions = {},
  ): Promise<RestoreResult<Image>> {
    // Pixels are handed on at once, with the experts as they are now.
    const result = await this.#session.restore(
      isPixelImage(image) ? image : await pixelsOf(image, options.signal),
      options,
    );
    this.extensions.analyzed(result.analysis.degradations, result.analysis.present);
    for (const { expert } of result.mixture) this.extensions.fireActivationEvent(`onExpert:${expert}`);
    return inKind(result, image);
  }

  /** Ends runs that wait or are under way with `Aborted`, then frees everything. */
  dispose(): void {
    this.#owned.dispose();
  }
}
