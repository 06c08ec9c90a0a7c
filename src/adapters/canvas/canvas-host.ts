import { LimpidError, throwIfAborted } from "../../sdk/base/index.js";
import {
  fitResult,
  identityTransform,
  maskOfRect,
  resolveCommitMode,
  type Capture,
  type CaptureOptions,
  type Commit,
  type CommitOptions,
  type HostCapabilities,
} from "../../sdk/host/index.js";
import { convertBitDepth, PixelImage, type Rect } from "../../sdk/image/index.js";
import { changedSince, PageHost, type PageHostOptions } from "./page-host.js";
import { accessSurface, type Surface, type SurfaceAccess } from "./surface.js";

/** How a {@link CanvasHost} behaves. */
export interface CanvasHostOptions extends PageHostOptions {
  /** What is selected, in pixels of the surface; nothing, if left out or if it returns undefined. */
  readonly selection?: () => Rect | PixelImage | undefined;
  /** What people call the image; `"Canvas"` if left out. */
  readonly name?: string;
}

/**
 * One image of a page as an editor: a canvas, an offscreen canvas, an `<img>`, a bitmap or image data, restored in place.
 * Canvases keep what a 2D canvas keeps, which is every bit of opaque images; the others keep every bit of all images.
 *
 * @example
 * ```ts
 * const host = new CanvasHost(document.querySelector("canvas")!);
 * const { commit } = await limpid.restoreOn(host);
 * await commit?.undo?.();
 * ```
 */
export class CanvasHost extends PageHost {
  readonly id = "canvas";
  readonly #access: SurfaceAccess;
  readonly #name: string;
  readonly #selection: () => Rect | PixelImage | undefined;
  readonly #hasSelections: boolean;

  /**
   * @param surface - what is restored; stays the caller's
   * @param options - selection, history, interface, limits
   * @throws {@link LimpidError} `NotSupported` for a canvas with a context of another kind than 2D
   */
  constructor(surface: Surface, options: CanvasHostOptions = {}) {
    super(options);
    this.#access = accessSurface(surface);
    this.#name = options.name ?? "Canvas";
    this.#hasSelections = options.selection !== undefined;
    this.#selection = options.selection ?? (() => undefined);
  }

  get capabilities(): HostCapabilities {
    return {
      ...this.commonCapabilities,
      ...this.#access.keeps,
      commit: {
        image: ["replace"],
        layer: ["replace"],
        selection: this.#hasSelections ? ["replace"] : [],
      },
      canResize: false,
      selectionEvents: this.#hasSelections,
    };
  }

  /** To be called by the application when what is selected has changed. */
  selectionChanged(): void {
    const hasSelection = this.#selection() !== undefined;
    this.fireSelection({ documentId: this.id, layerId: this.id, hasSelection });
  }

  async capture({ target = "layer", signal }: CaptureOptions = {}): Promise<Capture> {
    this.throwIfDisposed();
    throwIfAborted(signal);
    if (target === "selection" && !this.#hasSelections) {
      throw new LimpidError("NotSupported", "this canvas has no selections");
    }
    const source = this.#access.source();
    if (source === undefined) throw new LimpidError("NothingSelected", "the canvas has no pixels");
    const { image, notes, revision } = await this.#access.read(source, { limits: this.limits, signal });
    const { width, height } = image;
    return {
      target,
      image,
      mask: target === "selection" ? this.#mask(width, height) : undefined,
      placement: {
        naturalWidth: width,
        naturalHeight: height,
        crop: undefined,
        transform: identityTransform,
        isFiltered: false,
      },
      documentId: this.id,
      layerId: target === "image" ? undefined : this.id,
      name: this.#name,
      revision,
      notes,
    };
  }

  async commit(capture: Capture, result: PixelImage, options: CommitOptions): Promise<Commit> {
    this.throwIfDisposed();
    const { capabilities } = this;
    const { image, notes } = fitResult(capabilities, capture, result, options);
    const isThere = this.#access.source() !== undefined;
    const replaced = isThere ? await this.#access.replace(capture, image) : undefined;
    const isConflict = replaced === undefined;
    const mode = resolveCommitMode(capabilities, capture, options, isConflict);
    const { label } = options;
    const turn = (direction: "undo" | "redo") => async () => {
      if (!(await replaced?.[direction]())) throw changedSince(label);
    };
    const step = { label, undo: turn("undo"), redo: turn("redo") };
    return { mode, isConflict, notes, ...this.recordStep(step) };
  }

  #mask(width: number, height: number): PixelImage {
    const selection = this.#selection();
    if (selection === undefined) throw new LimpidError("NothingSelected", "nothing is selected");
    if (!("channels" in selection)) return maskOfRect(width, height, selection);
    if (selection.width !== width || selection.height !== height || selection.channels !== 1) {
      throw new LimpidError(
        "InvalidArgument",
        "a selection is a grey mask of the canvas's size, or a rectangle",
      );
    }
    return convertBitDepth(selection, 8);
  }
}
