import { LimpidError } from "../../sdk/base/index.js";
import type { HostCapabilities } from "../../sdk/host/index.js";
import { FabricObjectHost } from "./fabric-object-host.js";
import type { FabricImageLike } from "./fabric-object.js";
import type { DrawnElement, RecordedStep } from "./object-host.js";
import type { PageHostOptions } from "./page-host.js";
import type { UndoStep } from "./undo-history.js";

/** What is used of a TOAST UI image editor, version 3. */
export interface TuiImageEditorLike {
  /** Listens. */
  on(event: never, handler: never): unknown;
}

/** What the editor has, though its types do not say so. */
interface TuiInner {
  /** Runs a command and puts it into the editor's history. */
  execute(command: TuiCommand): Promise<unknown>;
  /** Stops listening. */
  off(event: string, handler: () => void): unknown;
  /** Null after the editor's end. */
  readonly _graphics?: TuiGraphics | null;
}

interface TuiCommand {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly execute: () => Promise<void>;
  readonly undo: () => Promise<void>;
}

/** The editor's inner part, which its public methods do not reach. */
interface TuiGraphics {
  getActiveObject(): object | undefined | null;
  getCanvasImage(): object | undefined | null;
  getCanvas(): {
    getObjects(): object[];
    add(object: object): unknown;
    insertAt(object: object, index: number, isReplacing: boolean): unknown;
    remove(object: object): unknown;
    requestRenderAll(): unknown;
  };
}

const selectionEvents = ["objectActivated", "undoStackChanged"] as const;

/**
 * A TOAST UI image editor as an editor: restores the active image object, or the photo itself if none is active. Rotation, flips,
 * filters and displayed size stay. A commit is one step of the editor's own undo.
 *
 * @example
 * ```ts
 * const editor = new ImageEditor(element, { usageStatistics: false });
 * const host = new TuiHost(editor);
 * await limpid.restoreOn(host);
 * await editor.undo();
 * ```
 */
export class TuiHost extends FabricObjectHost {
  /** Always `tui-image-editor`. */
  readonly id = "tui-image-editor";
  readonly #editor: TuiImageEditorLike & TuiInner;
  readonly #graphics: TuiGraphics;
  readonly #onSelection = () => this.selectionChanged();

  /**
   * @param editor - the editor; stays the caller's
   * @param options - interface and limits
   * @throws {@link LimpidError} `NotSupported` if the editor is built in another way than version 3
   */
  constructor(editor: TuiImageEditorLike, options: Omit<PageHostOptions, "history"> = {}) {
    super(options);
    const inner = editor as TuiImageEditorLike & TuiInner;
    const { _graphics: graphics } = inner;
    if (typeof graphics?.getCanvasImage !== "function" || typeof inner.execute !== "function") {
      throw new LimpidError("NotSupported", "this is no TOAST UI image editor of version 3");
    }
    this.#editor = inner;
    this.#graphics = graphics;
    for (const event of selectionEvents) editor.on(event as never, this.#onSelection as never);
  }

  override get capabilities(): HostCapabilities {
    return { ...super.capabilities, undoSteps: { replace: 1, "new-layer": 1, mask: 1 } };
  }

  override dispose(): void {
    for (const event of selectionEvents) this.#editor.off(event, this.#onSelection);
    super.dispose();
  }

  protected pickedObject(): object | undefined | null {
    return this.#graphics.getActiveObject() ?? this.#graphics.getCanvasImage();
  }

  protected nameOf(object: FabricImageLike): string {
    return this.#isPhoto(object) ? "Photo" : "Image";
  }

  protected contains(object: FabricImageLike): boolean {
    return this.#isPhoto(object) || this.#graphics.getCanvas().getObjects().includes(object);
  }

  protected isOpen(): boolean {
    return this.#editor._graphics === this.#graphics;
  }

  protected show(): void {
    this.#graphics.getCanvas().requestRenderAll();
  }

  protected override makeLayer(
    object: FabricImageLike,
    element: DrawnElement,
    horizontal: number,
    vertical: number,
    label: string,
  ): FabricImageLike {
    const layer = super.makeLayer(object, element, horizontal, vertical, label);
    // The photo itself cannot be picked, an object above it can.
    layer.set({ selectable: true, evented: true });
    return layer;
  }

  protected insertLayer(layer: FabricImageLike, below: FabricImageLike): void {
    const canvas = this.#graphics.getCanvas();
    const objects = canvas.getObjects();
    const index = objects.indexOf(below);
    canvas.insertAt(layer, this.#isPhoto(below) ? 0 : index < 0 ? objects.length : index + 1, false);
    canvas.requestRenderAll();
  }

  protected removeLayer(layer: FabricImageLike): void {
    const canvas = this.#graphics.getCanvas();
    canvas.remove(layer);
    canvas.requestRenderAll();
  }

  #isPhoto(object: FabricImageLike): boolean {
    return object === this.#graphics.getCanvasImage();
  }

  /** A command that has been carried out already: its first execution only puts it into the editor's history. */
  protected override async record(step: UndoStep): Promise<RecordedStep> {
    let isDone = true;
    const command = {
      name: step.label,
      args: [],
      execute: async () => {
        if (!isDone) await step.redo();
        isDone = false;
      },
      undo: async () => step.undo(),
    };
    try {
      await this.#editor.execute(command);
    } catch (cause) {
      await step.undo();
      throw new LimpidError("HostFailed", "the image editor is busy with another command", { cause });
    }
    return { undoSteps: 1 };
  }
}
