import type { Placement } from "../../sdk/host/index.js";
import {
  fabricElement,
  fabricPlacement,
  isFabricImage,
  likeFabricObject,
  rememberFabric,
  replaceFabricElement,
  type FabricImageLike,
} from "./fabric-object.js";
import { naturalSize, ObjectHost, type DrawnElement, type InsertedObject } from "./object-host.js";
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
}

const selectionEvents = ["selection:created", "selection:updated", "selection:cleared"] as const;

/**
 * A Fabric canvas as an editor: restores the active image object. Crop, transform, filters and displayed size stay. Fabric has
 * no undo: give the application's history, or use what the commit returns.
 *
 * @example
 * ```ts
 * import { Canvas } from "fabric";
 *
 * const canvas = new Canvas("editor");
 * const host = new FabricHost(canvas, { history });
 * await runOnHost(limpid, host);
 * ```
 */
export class FabricHost extends ObjectHost<FabricImageLike> {
  /** Always `fabric`. */
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

  protected activeObject(): FabricImageLike | undefined {
    const object = this.#canvas.getActiveObject();
    return isFabricImage(object) ? object : undefined;
  }

  protected elementOf(object: FabricImageLike): DrawnElement | undefined {
    return fabricElement(object);
  }

  protected placementOf(object: FabricImageLike): Pick<Placement, "crop" | "transform" | "isFiltered"> {
    return fabricPlacement(object, naturalSize(fabricElement(object)!));
  }

  protected nameOf(object: FabricImageLike): string {
    const { name } = object as { name?: unknown };
    return typeof name === "string" ? name : "Image";
  }

  protected contains(object: FabricImageLike): boolean {
    return this.#canvas.getObjects().includes(object);
  }

  protected replaceElement(
    object: FabricImageLike,
    element: DrawnElement,
    horizontal: number,
    vertical: number,
  ): void {
    replaceFabricElement(object, element, horizontal, vertical);
    this.#changed(object);
  }

  protected remember(object: FabricImageLike): () => void {
    const restore = rememberFabric(object);
    return () => {
      restore();
      this.#changed(object);
    };
  }

  protected insertAbove(
    object: FabricImageLike,
    element: DrawnElement,
    horizontal: number,
    vertical: number,
    label: string,
  ): InsertedObject {
    const layer = likeFabricObject(object, element, horizontal, vertical, label);
    const insert = () => {
      const index = this.#canvas.getObjects().indexOf(object);
      this.#canvas.insertAt(index < 0 ? this.#canvas.getObjects().length : index + 1, layer as never);
      this.#canvas.requestRenderAll();
    };
    insert();
    return {
      insert,
      remove: () => {
        this.#canvas.remove(layer as never);
        this.#canvas.requestRenderAll();
      },
    };
  }

  #changed(object: FabricImageLike): void {
    this.#canvas.fire("object:modified" as never, { target: object } as never);
    this.#canvas.requestRenderAll();
  }
}
