import { LimpidError, throwIfAborted } from "../../sdk/base/index.js";
import {
  fitResult,
  resizePlacement,
  resolveCommitMode,
  type Capture,
  type CaptureOptions,
  type Commit,
  type CommitOptions,
  type HostCapabilities,
  type Placement,
} from "../../sdk/host/index.js";
import type { PixelImage, Rect } from "../../sdk/image/index.js";
import { type AnyCanvas, context2D, readContext2D, readPixels, toElement } from "../../sdk/page/index.js";
import { changedSince, PageHost, type PageHostOptions } from "./page-host.js";
import { PixelHash } from "./pixel-hash.js";
import { placedMask } from "./placed-mask.js";
import type { UndoStep } from "./undo-history.js";

/** What an image object of a canvas library draws. */
export type DrawnElement = HTMLImageElement | AnyCanvas | ImageBitmap;

/** An image object in what is active. */
export interface HostImage {
  /** Names it as `layerId` of a capture does. */
  readonly id: string;
  /** What people call it; may be empty. */
  readonly name: string;
}

/** What to take from a host with image objects. */
export interface ObjectCaptureOptions extends CaptureOptions {
  /** Which image object: the `id` of a {@link HostImage}; the active one if left out. */
  readonly layerId?: string;
}

/** How a step that is in the document can be taken out of it again: by the editor's own undo, or by the commit's. */
export type RecordedStep = Pick<Commit, "undoSteps" | "undo" | "redo">;

/** An element's own size in pixels, not that of its box in the page. */
export function naturalSize(element: DrawnElement): { readonly width: number; readonly height: number } {
  return "naturalWidth" in element
    ? { width: element.naturalWidth, height: element.naturalHeight }
    : { width: element.width, height: element.height };
}

/** Captured objects that are remembered, so that a result can be placed where one was that has been removed. */
const rememberedObjects = 8;

/** Numbers elements, so that another one gives another revision. */
const elementNumbers = new WeakMap<object, number>();
let lastElement = 0;

/**
 * A canvas library with image objects: what its hosts have in common. An object's element is read at its natural size, without
 * the object's crop, transform and filters, and replaced by another element under the same ones.
 *
 * @typeParam T - the library's image object
 */
export abstract class ObjectHost<T extends object> extends PageHost {
  readonly #objects = new Map<string, T>();
  readonly #ids = new WeakMap<T, string>();
  readonly #named = new Map<string, WeakRef<T>>();
  #lastId = 0;

  /** @param options - interface, history and limits */
  protected constructor(options: PageHostOptions) {
    super(options);
  }

  /** The image object that is active; undefined if there is none. */
  protected abstract activeObject(): T | undefined;

  /** The image objects in what is active: several if it is a group, or several objects are. */
  protected pickedObjects(): readonly T[] {
    const object = this.activeObject();
    return object === undefined ? [] : [object];
  }

  /** Told of each object before it is captured. */
  protected onCapture(_: T): void {
    // Most libraries remember where an object was.
  }

  /** What an object draws, before its filters. */
  protected abstract elementOf(object: T): DrawnElement | undefined;

  /** An object's crop, transform and filters. */
  protected abstract placementOf(object: T): Pick<Placement, "crop" | "transform" | "isFiltered">;

  /** Whether the editor tells what of a document is selected. */
  protected hasSelections(): boolean {
    return false;
  }

  /** What is selected, in pixels of the document; undefined if nothing is. */
  protected selectedRect(): Rect | undefined {
    return undefined;
  }

  /** What people call an object; may be empty. */
  protected abstract nameOf(object: T): string;

  /** Whether an object is still in the document. */
  protected abstract contains(object: T): boolean;

  /** Whether there still is a document that a result for this object could go into. */
  protected abstract isOpen(object: T): boolean;

  /** Puts another element in, which has so many times as many columns and rows. */
  protected abstract replaceElement(
    object: T,
    element: DrawnElement,
    horizontal: number,
    vertical: number,
  ): void;

  /** Remembers an object as it is; the returned function puts it back and draws it. */
  protected abstract remember(object: T): () => void;

  /**
   * Adds an object like another one, with another element, above it if it is still there, and has that put into the document's
   * history.
   */
  protected abstract addAbove(
    object: T,
    element: DrawnElement,
    horizontal: number,
    vertical: number,
    label: string,
  ): Promise<RecordedStep>;

  /** Has a step that was done put into the document's history; the application's, if the library has none. */
  protected record(step: UndoStep): Promise<RecordedStep> {
    return Promise.resolve(this.recordStep(step));
  }

  /** Makes the element that an object is to draw. */
  protected makeElement(image: PixelImage): Promise<DrawnElement> {
    return toElement(image);
  }

  get capabilities(): HostCapabilities {
    return {
      ...this.commonCapabilities,
      commit: {
        image: [],
        layer: ["replace", "new-layer"],
        selection: this.hasSelections() ? ["replace", "new-layer"] : [],
      },
      bitDepths: [8, 16],
      colorSpaces: ["srgb", "display-p3", "icc"],
      alpha: "straight",
      canResize: true,
      selectionEvents: true,
    };
  }

  /** The image objects in what is active: several if it is a group, or several objects are. */
  get images(): readonly HostImage[] {
    return this.pickedObjects().map((object) => ({ id: this.#idOf(object), name: this.nameOf(object) }));
  }

  /** Tells listeners which object is active now. */
  selectionChanged(): void {
    const object = this.activeObject();
    const layerId = object === undefined ? undefined : this.#idOf(object);
    this.fireSelection({ documentId: this.id, layerId, hasSelection: this.selectedRect() !== undefined });
  }

  async capture({ target = "layer", layerId, signal }: ObjectCaptureOptions = {}): Promise<Capture> {
    this.throwIfDisposed();
    throwIfAborted(signal);
    if (target === "image" || (target === "selection" && !this.hasSelections())) {
      throw new LimpidError("NotSupported", `this editor gives objects out one by one, not a ${target}`, {
        details: { target },
      });
    }
    const object = layerId === undefined ? this.activeObject() : this.#named.get(layerId)?.deref();
    const element = object && this.elementOf(object);
    if (object === undefined || element === undefined || naturalSize(element).width === 0) {
      throw new LimpidError("NothingSelected", "no image object is active, or several are");
    }
    this.onCapture(object);
    const selected = target === "selection" ? this.selectedRect() : undefined;
    if (target === "selection" && selected === undefined) throw nothingSelected();
    const revision = revisionOf(element);
    const { image, notes } = await readPixels(element, { limits: this.limits, signal });
    const { width, height } = image;
    // The pixels of an element with a `srcset` are more than its size says, in which the object is measured.
    const { width: naturalWidth, height: naturalHeight } = naturalSize(element);
    const measured = { ...this.placementOf(object), naturalWidth, naturalHeight };
    const placement = resizePlacement(measured, width, height);
    const mask = selected && (await placedMask(selected, placement.transform, width, height, signal));
    if (target === "selection" && mask === undefined) throw nothingSelected();
    this.#objects.set(this.#idOf(object), object);
    if (this.#objects.size > rememberedObjects) this.#objects.delete(this.#objects.keys().next().value!);
    return {
      target,
      image,
      mask,
      placement,
      documentId: this.id,
      layerId: this.#idOf(object),
      name: this.nameOf(object),
      revision,
      notes,
    };
  }

  async commit(capture: Capture, result: PixelImage, options: CommitOptions): Promise<Commit> {
    this.throwIfDisposed();
    const { capabilities } = this;
    const { image, notes } = fitResult(capabilities, capture, result, options);
    const object = this.#objects.get(capture.layerId ?? "");
    if (object === undefined) {
      throw new LimpidError("InvalidArgument", "the capture is not of this host, or too long ago");
    }
    if (!this.isOpen(object)) throw closedMeanwhile(capture);
    // The element is made first: from the look at the object to its replacement nothing is waited for.
    const element = await this.makeElement(image);
    this.throwIfDisposed();
    if (!this.isOpen(object)) throw closedMeanwhile(capture);
    const current = this.contains(object) ? this.elementOf(object) : undefined;
    const isConflict = current === undefined || revisionOf(current) !== capture.revision;
    const mode = resolveCommitMode(capabilities, capture, options, isConflict);
    const { label } = options;
    // An object that was removed still has its element, and its geometry is in that element's pixels.
    const now = naturalSize(this.elementOf(object) ?? element);
    const horizontal = image.width / now.width;
    const vertical = image.height / now.height;
    if (mode === "replace") {
      const restoreBefore = this.remember(object);
      this.replaceElement(object, element, horizontal, vertical);
      const restoreAfter = this.remember(object);
      const shown = (expected: DrawnElement | undefined, restore: () => void) => () => {
        if (this.elementOf(object) !== expected) throw changedSince(label);
        restore();
      };
      const step = { label, undo: shown(element, restoreBefore), redo: shown(current, restoreAfter) };
      return { mode, isConflict, notes, ...(await this.record(step)) };
    }
    const step = await this.addAbove(object, element, horizontal, vertical, label);
    return { mode, isConflict, notes, ...step };
  }

  override dispose(): void {
    this.#objects.clear();
    this.#named.clear();
    super.dispose();
  }

  #idOf(object: T): string {
    const id = this.#ids.get(object) ?? `object-${++this.#lastId}`;
    this.#ids.set(object, id);
    this.#named.set(id, new WeakRef(object));
    return id;
  }
}

function nothingSelected(): LimpidError {
  return new LimpidError("NothingSelected", "nothing of the active image is selected");
}

function closedMeanwhile({ name, documentId, layerId }: Capture): LimpidError {
  return new LimpidError(
    "DocumentChanged",
    `the document with ${JSON.stringify(name)} was closed while that was being restored; the result has no place`,
    { details: { documentId, layerId } },
  );
}

/** Another one if the object got another element, or somebody painted on its canvas. */
function revisionOf(element: DrawnElement): string {
  const number = elementNumbers.get(element) ?? ++lastElement;
  elementNumbers.set(element, number);
  if ("currentSrc" in element) return `${number}:${element.currentSrc}`;
  const context = "getContext" in element ? context2D(element) : undefined;
  if (context === undefined) return String(number);
  return `${number}:${new PixelHash().add(readContext2D(context).data).toString()}`;
}
