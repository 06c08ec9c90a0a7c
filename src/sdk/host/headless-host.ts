import { EventEmitter, LimpidError, throwIfAborted, type Event } from "../base/index.js";
import { maximumPixelCount, PixelImage, type Rect } from "../image/index.js";
import type { HostCapabilities } from "./capabilities.js";
import type { Capture, CaptureOptions, CaptureTarget } from "./capture.js";
import type { Commit, CommitOptions } from "./commit.js";
import type { EditorHost } from "./editor-host.js";
import { fitResult } from "./fit-result.js";
import { flattenLayers } from "./flatten-layers.js";
import { makeHeadlessLayer, type HeadlessLayer, type HeadlessLayerInit } from "./headless-layer.js";
import type {
  HostNotification,
  HostProgress,
  HostProgressOptions,
  HostProgressReporter,
  HostQuestion,
} from "./interaction.js";
import { PanelHost } from "./panel-host.js";
import { identityTransform, resizePlacement, type Placement } from "./placement.js";
import { resolveCommitMode } from "./resolve-mode.js";
import { maskOfRect, resizeMask } from "./selection-mask.js";

/** What a {@link HeadlessHost} is made from. */
export interface HeadlessHostOptions {
  /** Width of the document in pixels. */
  readonly width: number;
  /** Height of the document in pixels. */
  readonly height: number;
  /** The document's first layers, lowest first; the last one is active. None if left out. */
  readonly layers?: readonly HeadlessLayerInit[];
  /** Steps that can be undone; 30 if left out. */
  readonly historyLimit?: number;
  /** Answers questions instead of a person; if left out, every question is closed without an answer. */
  readonly answer?: (question: HostQuestion) => string | undefined | Promise<string | undefined>;
}

/** Longest side of a layer: that of a canvas, so that a test meets the limit without a large image. */
const maximumSide = 65_535;

const everyMode = ["replace", "new-layer", "mask"] as const;

const capabilities: HostCapabilities = {
  commit: { image: ["new-layer", "mask"], layer: everyMode, selection: everyMode },
  undoSteps: { replace: 1, "new-layer": 1, mask: 1 },
  bitDepths: [8, 16, 32],
  colorSpaces: ["srgb", "display-p3", "icc"],
  alpha: "straight",
  maximumSide,
  maximumPixels: maximumPixelCount,
  canResize: true,
  progress: true,
  notifications: true,
  questions: true,
  commands: true,
  menus: true,
  selectionEvents: true,
};

type Layers = readonly HeadlessLayer[];

/**
 * An editor without a screen: one document in memory with layers, layer masks, a selection and an undo history. For
 * scripts, servers and tests; the reference for what an adapter does.
 *
 * @example
 * ```ts
 * const host = HeadlessHost.ofImage(photo);
 * await limpid.restoreOn(host);
 * const restored = host.layers[0]!.image;
 * host.undo();
 * ```
 */
export class HeadlessHost extends PanelHost implements EditorHost {
  readonly id = "headless";
  /** Everything, in every combination but one: a flattened image can only come back as a layer. */
  readonly capabilities = capabilities;
  /** Width of the document in pixels. */
  readonly width: number;
  /** Height of the document in pixels. */
  readonly height: number;
  /** Fires for each notification. */
  readonly onDidNotify: Event<HostNotification>;
  /** Fires for each report of progress; undefined when the task has ended. */
  readonly onDidProgress: Event<HostProgress | undefined>;
  readonly #notified = this.owned.add(new EventEmitter<HostNotification>());
  readonly #progressed = this.owned.add(new EventEmitter<HostProgress | undefined>());
  readonly #historyLimit: number;
  readonly #running = new Set<AbortController>();
  readonly #revisions = new WeakMap<object, number>();
  #undo: Layers[] = [];
  #redo: Layers[] = [];
  #layers: Layers;
  #activeLayerId: string | undefined;
  #selection: PixelImage | undefined;
  #lastId = 0;
  #lastRevision = 0;

  /** @param options - size and layers of the document */
  constructor(options: HeadlessHostOptions) {
    super({ ask: async (question) => options.answer?.(question) });
    this.width = options.width;
    this.height = options.height;
    this.onDidNotify = this.#notified.event;
    this.onDidProgress = this.#progressed.event;
    this.#historyLimit = options.historyLimit ?? 30;
    this.#layers = (options.layers ?? []).map((init) => makeHeadlessLayer(this.#nextId(), init));
    this.#activeLayerId = this.#layers.at(-1)?.id;
  }

  /**
   * A document with one layer.
   *
   * @param image - its pixels
   * @param options - history and answers
   * @returns the host, for the caller to dispose
   */
  static ofImage(
    image: PixelImage,
    options: Pick<HeadlessHostOptions, "historyLimit" | "answer"> = {},
  ): HeadlessHost {
    const { width, height } = image;
    return new HeadlessHost({ ...options, width, height, layers: [{ image, name: "Background" }] });
  }

  /** The layers, lowest first. */
  get layers(): readonly HeadlessLayer[] {
    return this.#layers;
  }

  /** The layer that a capture takes; undefined if there is none. */
  get activeLayer(): HeadlessLayer | undefined {
    return this.#layers.find(({ id }) => id === this.#activeLayerId);
  }

  /** Makes a layer the active one and drops the selection. Not a step of the history. */
  activate(layerId: string): void {
    this.#layer(layerId);
    this.#activeLayerId = layerId;
    this.#selection = undefined;
    this.#fireSelection();
  }

  /**
   * Selects a part of the active layer, or nothing. Not a step of the history.
   *
   * @param selection - a rectangle in the layer's own pixels, or a grey mask of its size
   * @throws {@link LimpidError} `NothingSelected` without an active layer, `InvalidArgument` for a mask of another size
   */
  select(selection: Rect | PixelImage | undefined): void {
    const layer = this.activeLayer;
    if (layer === undefined) throw nothingSelected("layer");
    const { width, height } = layer.image;
    if (selection instanceof PixelImage && (selection.width !== width || selection.height !== height)) {
      throw new LimpidError("InvalidArgument", "a selection has the size of its layer");
    }
    this.#selection =
      selection === undefined || selection instanceof PixelImage
        ? selection
        : maskOfRect(width, height, selection);
    this.#fireSelection();
  }

  /**
   * Adds a layer and makes it the active one: one step of the history.
   *
   * @param init - the layer
   * @param above - id of the layer that it stands above; the top if left out
   * @returns the layer
   */
  addLayer(init: HeadlessLayerInit, above?: string): HeadlessLayer {
    const layer = makeHeadlessLayer(this.#nextId(), init);
    const index = above === undefined ? -1 : this.#layers.findIndex(({ id }) => id === above);
    const at = index < 0 ? this.#layers.length : index + 1;
    this.#edit([...this.#layers.slice(0, at), layer, ...this.#layers.slice(at)]);
    this.activate(layer.id);
    return layer;
  }

  /**
   * Changes a layer: one step of the history.
   *
   * @param layerId - which one
   * @param change - what becomes different
   * @throws {@link LimpidError} `InvalidArgument` if there is no such layer
   */
  updateLayer(layerId: string, change: Partial<Omit<HeadlessLayer, "id">>): void {
    const layer = this.#layer(layerId);
    this.#edit(this.#layers.map((other) => (other === layer ? { ...layer, ...change } : other)));
  }

  /**
   * Removes a layer: one step of the history. The top one becomes active if it was.
   *
   * @param layerId - which one
   * @throws {@link LimpidError} `InvalidArgument` if there is no such layer
   */
  removeLayer(layerId: string): void {
    const layer = this.#layer(layerId);
    this.#edit(this.#layers.filter((other) => other !== layer));
  }

  /** Takes the last step back; false if there is none. */
  undo(): boolean {
    const before = this.#undo.pop();
    if (before === undefined) return false;
    this.#redo.push(this.#layers);
    this.#show(before);
    return true;
  }

  /** Does the step again that was taken back last; false if there is none. */
  redo(): boolean {
    const after = this.#redo.pop();
    if (after === undefined) return false;
    this.#undo.push(this.#layers);
    this.#show(after);
    return true;
  }

  /** Cancels every task that shows progress, as a person would. */
  cancel(): void {
    for (const controller of this.#running) controller.abort(new Error("cancelled by the user"));
  }

  async capture({ target = "layer", signal }: CaptureOptions = {}): Promise<Capture> {
    this.throwIfDisposed();
    throwIfAborted(signal);
    await Promise.resolve();
    return target === "image" ? this.#captureImage() : this.#captureLayer(target);
  }

  async commit(capture: Capture, result: PixelImage, options: CommitOptions): Promise<Commit> {
    this.throwIfDisposed();
    await Promise.resolve();
    const { image, notes } = fitResult(capabilities, capture, result, options);
    const source = this.#layers.find(({ id }) => id === capture.layerId);
    const isConflict = this.#revision(capture.target, source) !== capture.revision;
    const mode = resolveCommitMode(capabilities, capture, options, isConflict);
    const current = source?.placement ?? capture.placement;
    const placement = resizePlacement(current, image.width, image.height);
    if (mode === "replace") this.#replace(source!, image, placement);
    else {
      const mask = mode === "mask" ? fittingMask(capture, image) : undefined;
      const masked = mask === undefined ? {} : { mask };
      const unfiltered = { ...placement, isFiltered: false };
      this.addLayer({ image, name: options.label, placement: unfiltered, ...masked }, source?.id);
    }
    return { mode, isConflict, undoSteps: 1, notes };
  }

  override async withProgress<T>(
    { title }: HostProgressOptions,
    task: (progress: HostProgressReporter) => Promise<T>,
  ): Promise<T> {
    this.throwIfDisposed();
    const controller = new AbortController();
    this.#running.add(controller);
    this.#progressed.fire({ message: title });
    try {
      return await task({
        signal: controller.signal,
        report: (progress) => this.#progressed.fire(progress),
      });
    } finally {
      this.#running.delete(controller);
      this.#progressed.fire(undefined);
    }
  }

  override notify(notification: HostNotification): void {
    this.#notified.fire(notification);
  }

  /** Closes the document; what runs is cancelled. */
  override dispose(): void {
    this.cancel();
    super.dispose();
    this.#layers = [];
    this.#undo = [];
    this.#redo = [];
  }

  #captureImage(): Capture {
    if (!this.#layers.some(({ isVisible }) => isVisible)) throw nothingSelected("image");
    const { width, height } = this;
    return {
      target: "image",
      image: flattenLayers(this.#layers, width, height),
      mask: undefined,
      placement: {
        naturalWidth: width,
        naturalHeight: height,
        crop: undefined,
        transform: identityTransform,
        isFiltered: false,
      },
      documentId: "headless",
      layerId: undefined,
      name: "Document",
      revision: this.#revision("image", undefined),
      notes: [],
    };
  }

  #captureLayer(target: "layer" | "selection"): Capture {
    const layer = this.activeLayer;
    if (layer === undefined || (target === "selection" && this.#selection === undefined)) {
      throw nothingSelected(target);
    }
    return {
      target,
      image: layer.image.clone(),
      mask: target === "selection" ? this.#selection?.clone() : undefined,
      placement: layer.placement,
      documentId: "headless",
      layerId: layer.id,
      name: layer.name,
      revision: this.#revision(target, layer),
      notes: [],
    };
  }

  #replace(source: HeadlessLayer, image: PixelImage, placement: Placement): void {
    const mask = source.mask === undefined ? undefined : resizeMask(source.mask, image.width, image.height);
    this.updateLayer(source.id, { image, placement, mask });
    if (this.#selection !== undefined)
      this.#selection = resizeMask(this.#selection, image.width, image.height);
  }

  /** A layer's revision is that of its pixels: it may be moved while they are restored. */
  #revision(target: CaptureTarget, layer: HeadlessLayer | undefined): string {
    const state = target === "image" ? this.#layers : layer?.image;
    if (state === undefined) return "removed";
    const known = this.#revisions.get(state) ?? ++this.#lastRevision;
    this.#revisions.set(state, known);
    return String(known);
  }

  #edit(layers: Layers): void {
    this.#undo.push(this.#layers);
    if (this.#undo.length > this.#historyLimit) this.#undo.shift();
    this.#redo = [];
    this.#show(layers);
  }

  #show(layers: Layers): void {
    this.#layers = layers;
    const active = this.activeLayer;
    const fits =
      active?.image.width === this.#selection?.width && active?.image.height === this.#selection?.height;
    if (active !== undefined && (fits || this.#selection === undefined)) return;
    this.#selection = undefined;
    this.#activeLayerId = active?.id ?? layers.at(-1)?.id;
    this.#fireSelection();
  }

  #fireSelection(): void {
    this.fireSelection({
      documentId: "headless",
      layerId: this.#activeLayerId,
      hasSelection: this.#selection !== undefined,
    });
  }

  #layer(layerId: string): HeadlessLayer {
    const layer = this.#layers.find(({ id }) => id === layerId);
    if (layer === undefined) throw new LimpidError("InvalidArgument", `there is no layer ${layerId}`);
    return layer;
  }

  #nextId(): string {
    return `layer-${++this.#lastId}`;
  }
}

/** The mask of a new layer: what was selected, or all of it. */
function fittingMask({ mask }: Capture, { width, height }: PixelImage): PixelImage {
  if (mask === undefined) return maskOfRect(width, height, { x: 0, y: 0, width, height });
  return resizeMask(mask, width, height);
}

function nothingSelected(target: CaptureTarget): LimpidError {
  return new LimpidError("NothingSelected", `there is no ${target} to restore`, { details: { target } });
}
