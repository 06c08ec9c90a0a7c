import type { Disposable, Event } from "../base/index.js";
import type { BackendName } from "../engine/index.js";
import type { ExpertSet } from "../experts/index.js";
import type { Commands, Configuration, ContextKeys, Extensions, Menus } from "../extensions/index.js";
import type { EditorHost, HostRun, RestoreOnOptions } from "../host/index.js";
import type { Packs } from "../packs/index.js";
import type {
  Analysis,
  AnalyzeOptions,
  BackendChange,
  RestorableImage,
  RestoreOptions,
  RestoreResult,
} from "../restore/index.js";
import type { Diagnostics } from "./diagnostics.js";

/**
 * Blind photo restoration: says what is wrong with an image and repairs it. Made by {@link createLimpid}. It is the same
 * whether it computes in a worker or on the calling thread: {@link Limpid.isInWorker} says which.
 */
export interface Limpid extends Disposable {
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
  readonly commands: Commands<{
    /** As {@link Limpid.restoreOn} with the host that Limpid was made with. */
    readonly "limpid.restore": (options?: RestoreOnOptions) => Promise<HostRun>;
  }>;
  /** What extensions put into menus; where they are shown is the application's to decide. */
  readonly menus: Menus;
  /** What is the case now: `when` clauses are held against it. */
  readonly contextKeys: ContextKeys;
  /** The settings that extensions declare. */
  readonly configuration: Configuration;
  /** What is going on, for bug reports, and the search for an extension that is at fault. */
  readonly diagnostics: Diagnostics;
  /** Fired when a backend replaces another, and when a worker replaces one that died, with the reason. */
  readonly onDidChangeBackend: Event<BackendChange>;
  /** Whether it computes in a worker, so that the page stays smooth. */
  readonly isInWorker: boolean;
  /** The backend that runs. */
  readonly backend: BackendName;
  /** Why a faster backend, or a worker, was passed over at the start; undefined if none was. */
  readonly fallbackReason: string | undefined;
  /** Bytes of device memory held between runs; tile workers have copies of the network besides, which are not counted. */
  readonly byteSize: number;

  /**
   * Says what is wrong with an image.
   *
   * @param image - pixels of any size, or what has them in a page
   * @param options - a signal, and whether to analyse each part of the image, too
   * @returns probabilities, highest first, which of them count as found, and the degradation embedding
   * @throws {@link LimpidError} `Aborted`, `DeviceLost`, `Disposed`; `WorkerFailed` if the worker died: the next call starts
   * another one
   */
  analyze(image: RestorableImage, options?: AnalyzeOptions): Promise<Analysis>;

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
   * `DeviceLost` if the GPU went away twice, `WorkerFailed` if the worker died, `Disposed`; `PixelsUnreadable`,
   * `UnsupportedImage`, `CorruptImage` for what cannot be read
   */
  restore<Image extends RestorableImage>(
    image: Image,
    options?: RestoreOptions,
  ): Promise<RestoreResult<Image>>;

  /**
   * Restores what is active in an editor: takes it, repairs it and brings it back as one step that people can undo. Whatever
   * fails or is cancelled on the way leaves the document as it was. Pixels that somebody changed meanwhile are not overwritten.
   *
   * @param host - the editor
   * @param options - what to take, how to repair it, and how to bring it back
   * @returns what was done
   * @throws {@link LimpidError} `Aborted` if the signal fired or the person cancelled; what the capture, the restore and the
   * commit throw
   *
   * @example
   * ```ts
   * const host = new FabricHost(canvas);
   * button.onclick = () => void limpid.restoreOn(host, { target: "layer" });
   * ```
   */
  restoreOn(host: EditorHost, options?: RestoreOnOptions): Promise<HostRun>;

  /** Ends runs that wait or are under way with `Aborted`, then frees everything, the worker included. */
  dispose(): void;
}
