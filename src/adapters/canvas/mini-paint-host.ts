import { LimpidError } from "../../sdk/base/index.js";
import type { Capture, CaptureOptions, HostCapabilities, Placement } from "../../sdk/host/index.js";
import type { PixelImage, Rect } from "../../sdk/image/index.js";
import {
  isImageLayer,
  likeMiniPaintLayer,
  miniPaintGeometry,
  miniPaintGlobals,
  miniPaintPlacement,
  miniPaintSelection,
  type MiniPaintAction,
  type MiniPaintGeometry,
  type MiniPaintGlobals,
  type MiniPaintLayer,
} from "./mini-paint.js";
import { naturalSize, ObjectHost, type DrawnElement, type RecordedStep } from "./object-host.js";
import type { PageHostOptions } from "./page-host.js";
import type { UndoStep } from "./undo-history.js";
import { toImageElement } from "../../sdk/page/index.js";

/** After which of its events another layer may be active. */
const selectionEvents = ["click", "keyup", "pointerup"] as const;

/**
 * A miniPaint in a frame of the same origin as an editor: restores the active image layer. Place, displayed size, rotation,
 * opacity, blending and live filters stay. What its selection tool has selected can be restored alone. A commit is one step of miniPaint's own undo.
 *
 * @example
 * ```ts
 * const host = await connectMiniPaint(document.querySelector("iframe")!);
 * await limpid.restoreOn(host, { mode: "new-layer" });
 * ```
 */
export class MiniPaintHost extends ObjectHost<MiniPaintLayer> {
  readonly id = "minipaint";
  readonly #window: Window;
  /** Of the frame as it was: one that went elsewhere does not give its document out. */
  readonly #document: Document;
  readonly #globals: MiniPaintGlobals;
  /** Where captured layers stood: one that is emptied meanwhile no longer knows. */
  readonly #captured = new WeakMap<MiniPaintLayer, MiniPaintGeometry>();
  #lastActive: string;
  /** Length of the address that was put in last. */
  #heldBytes = 0;

  /**
   * @param window - of the frame that miniPaint is in; stays the caller's
   * @param options - interface and limits
   * @throws {@link LimpidError} `NotSupported` if there is no miniPaint, if it is of another origin, or has not started yet
   */
  constructor(window: Window, options: Omit<PageHostOptions, "history"> = {}) {
    super(options);
    const globals = miniPaintGlobals(window);
    if (globals === undefined) {
      throw new LimpidError("NotSupported", "there is no miniPaint of version 4 here, or it has not started");
    }
    this.#window = window;
    this.#document = window.document;
    this.#globals = globals;
    this.#lastActive = this.#active();
    for (const event of selectionEvents) this.#document.addEventListener(event, this.#onEvent, true);
  }

  override get capabilities(): HostCapabilities {
    return { ...super.capabilities, undoSteps: { replace: 1, "new-layer": 1, mask: 1 } };
  }

  override async capture(options?: CaptureOptions): Promise<Capture> {
    this.throwIfDisposed();
    if (!this.isOpen()) {
      throw new LimpidError("HostFailed", "miniPaint was closed, or loaded anew; connect to it again");
    }
    const layer = this.activeObject();
    if (layer !== undefined) await loaded(layer.link!);
    return super.capture(options);
  }

  override dispose(): void {
    for (const event of selectionEvents) {
      this.#document.removeEventListener(event, this.#onEvent, true);
    }
    super.dispose();
  }

  protected activeObject(): MiniPaintLayer | undefined {
    const { layer } = this.#globals.AppConfig;
    return isImageLayer(layer) ? layer : undefined;
  }

  protected elementOf(layer: MiniPaintLayer): DrawnElement | undefined {
    return isImageLayer(layer) ? layer.link! : undefined;
  }

  protected placementOf(layer: MiniPaintLayer): Pick<Placement, "crop" | "transform" | "isFiltered"> {
    const { name } = layer;
    if (!isImageLayer(layer)) {
      throw new LimpidError("NothingSelected", `${JSON.stringify(name)} was emptied while it was read`);
    }
    this.#captured.set(layer, miniPaintGeometry(layer));
    return miniPaintPlacement(layer);
  }

  protected override hasSelections(): boolean {
    return typeof this.#globals.Layers.Base_selection?.get_selection === "function";
  }

  protected override selectedRect(): Rect | undefined {
    return miniPaintSelection(this.#globals);
  }

  protected nameOf(layer: MiniPaintLayer): string {
    return layer.name;
  }

  /** A frame that was taken out, or loaded something else, leaves its objects behind as if nothing had happened. */
  protected isOpen(): boolean {
    if (this.#window.closed) return false;
    try {
      return miniPaintGlobals(this.#window)?.Layers === this.#globals.Layers;
    } catch {
      return false;
    }
  }

  /** Not while a tool paints on it: what the tool has would replace what was put in. */
  protected contains(layer: MiniPaintLayer): boolean {
    const isPainted = layer.link_canvas !== undefined && layer.link_canvas !== null;
    return this.#globals.AppConfig.layers.includes(layer) && !isPainted;
  }

  /** An `<img>` in any case: miniPaint keeps a layer's address for its undo. */
  protected override makeElement(image: PixelImage): Promise<DrawnElement> {
    return toImageElement(image, this.#document);
  }

  protected replaceElement(layer: MiniPaintLayer, element: DrawnElement): void {
    const { width, height } = naturalSize(element);
    this.#heldBytes = (element as HTMLImageElement).src.length;
    // Without its key, miniPaint's next edit of the layer stores this element, not the one before it, for its undo.
    Object.assign(layer, {
      link: element,
      width_original: width,
      height_original: height,
      _link_database_id: undefined,
    });
    this.#globals.Layers.render();
  }

  protected remember(layer: MiniPaintLayer): () => void {
    const { link, width_original, height_original, _link_database_id } = layer;
    return () => {
      Object.assign(layer, { link, width_original, height_original, _link_database_id });
      this.#globals.Layers.render();
    };
  }

  protected async addAbove(
    layer: MiniPaintLayer,
    element: DrawnElement,
    _horizontal: number,
    _vertical: number,
    label: string,
  ): Promise<RecordedStep> {
    const { Layers, AppConfig } = this.#globals;
    const isThere = isImageLayer(layer) && AppConfig.layers.includes(layer);
    const geometry = isThere ? miniPaintGeometry(layer) : this.#captured.get(layer)!;
    const settings = likeMiniPaintLayer(layer, geometry, AppConfig.layers, element, label);
    const outcome = await Layers.insert(settings).catch((reason: unknown) => ({ status: "aborted", reason }));
    expectDone(outcome, "miniPaint did not add a layer");
    this.#tellIfChanged();
    return { undoSteps: 1 };
  }

  /** A step that has been carried out already: the first time, it is only put into miniPaint's history. */
  protected override async record(step: UndoStep): Promise<RecordedStep> {
    let isDone = true;
    let kept: UndoStep | undefined = step;
    const action: MiniPaintAction = {
      action_id: "limpid_restore",
      action_description: step.label,
      memory_estimate: this.#heldBytes,
      database_estimate: 0,
      do: async () => {
        if (!isDone) await kept?.redo();
        isDone = true;
      },
      undo: async () => {
        await kept?.undo();
        isDone = false;
      },
      free: () => {
        kept = undefined;
      },
    };
    const { State } = this.#globals;
    const outcome = await State.do_action(action).catch((reason: unknown) => ({ status: "aborted", reason }));
    try {
      expectDone(outcome, "miniPaint did not take the step into its history");
    } catch (error) {
      await step.undo();
      throw error;
    }
    return { undoSteps: 1 };
  }

  readonly #onEvent = (): void => {
    // After miniPaint's own listeners have done what the event asks for.
    setTimeout(() => this.#tellIfChanged());
  };

  /** Stands for the active layer and for what of it is selected. */
  #active(): string {
    return JSON.stringify([this.#globals.AppConfig.layer?.id, this.selectedRect()]);
  }

  #tellIfChanged(): void {
    const active = this.#active();
    if (active === this.#lastActive) return;
    this.#lastActive = active;
    this.selectionChanged();
  }
}

/** Waits for an element that an undo has given its address back just now. */
async function loaded(element: DrawnElement): Promise<void> {
  if ("complete" in element && !element.complete) await element.decode().catch(() => undefined);
}

function expectDone(
  outcome: { readonly status: string; readonly reason?: unknown } | undefined,
  what: string,
) {
  if (outcome?.status === "aborted") throw new LimpidError("HostFailed", what, { cause: outcome.reason });
}
