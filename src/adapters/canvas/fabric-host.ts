import { FabricObjectHost } from "./fabric-object-host.js";
import type { FabricGroupLike, FabricImageLike } from "./fabric-object.js";
import type { PageHostOptions } from "./page-host.js";

/** What is used of a Fabric canvas; `Canvas` of Fabric 6 and 7 has it. */
export interface FabricCanvasLike {
  /** The active object. */
  getActiveObject(): object | undefined | null;
  /** Makes an object active. */
  setActiveObject(object: never): unknown;
  /** All objects, lowest first. */
  getObjects(): readonly object[];
  /** Puts objects at a place in the stack. */
  insertAt(index: number, ...objects: never[]): unknown;
  /** Takes objects out. */
  remove(...objects: never[]): unknown;
  /** Draws at the next frame. */
  requestRenderAll(): unknown;
  /** Listens. */
  on(event: never, handler: () => void): unknown;
  /** Stops listening. */
  off(event: never, handler: () => void): unknown;
  /** Tells listeners. */
  fire(event: never, options: never): unknown;
  /** Drawn below all objects. */
  readonly backgroundImage?: object | undefined;
  readonly disposed?: boolean;
}

const selectionEvents = ["selection:created", "selection:updated", "selection:cleared"] as const;

/**
 * A Fabric canvas as an editor: restores the active image object, the one that an active group or selection holds, or the
 * background image if nothing is active. Crop, transform, filters and displayed size stay. Fabric has no undo: give the
 * application's history, or use what the commit returns.
 *
 * @example
 * ```ts
 * import { Canvas } from "fabric";
 *
 * const canvas = new Canvas("editor");
 * const host = new FabricHost(canvas, { history });
 * await limpid.restoreOn(host);
 * ```
 */
export class FabricHost extends FabricObjectHost {
  readonly id = "fabric";
  readonly #canvas: FabricCanvasLike;
  readonly #onSelection = () => this.selectionChanged();

  /**
   * @param canvas - Fabric's canvas; stays the caller's
   * @param options - history, interface and limits
   */
  constructor(canvas: FabricCanvasLike, options: PageHostOptions = {}) {
    super(options);
    this.#canvas = canvas;
    for (const event of selectionEvents) canvas.on(event as never, this.#onSelection);
  }

  override dispose(): void {
    for (const event of selectionEvents) this.#canvas.off(event as never, this.#onSelection);
    super.dispose();
  }

  protected pickedObject(): object | undefined | null {
    return this.#canvas.getActiveObject() ?? this.#canvas.backgroundImage;
  }

  protected nameOf(object: FabricImageLike): string {
    const { name } = object as { name?: unknown };
    return typeof name === "string" ? name : "Image";
  }

  protected contains(object: FabricImageLike): boolean {
    let top: object = object;
    for (let at: FabricGroupLike | undefined = object.parent; at !== undefined; at = at.parent) top = at;
    return object === this.#canvas.backgroundImage || this.#canvas.getObjects().includes(top);
  }

  protected isOpen(): boolean {
    return this.#canvas.disposed !== true;
  }

  protected show(object: FabricImageLike): void {
    this.#canvas.fire("object:modified" as never, { target: object } as never);
    this.#canvas.requestRenderAll();
  }

  protected insertLayer(layer: FabricImageLike, below: FabricImageLike): void {
    const group = this.contains(below) ? below.parent : undefined;
    const parent = group ?? this.#canvas;
    const objects = parent.getObjects();
    const index = objects.indexOf(below);
    const isBackground = below === this.#canvas.backgroundImage;
    parent.insertAt(isBackground ? 0 : index < 0 ? objects.length : index + 1, layer as never);
    this.#canvas.requestRenderAll();
  }

  protected removeLayer(layer: FabricImageLike): void {
    (layer.parent ?? this.#canvas).remove(layer as never);
    this.#canvas.requestRenderAll();
  }
}
