import { composeTransforms, type Placement, type Transform } from "../../sdk/host/index.js";
import type { Rect } from "../../sdk/image/index.js";
import { naturalSize, ObjectHost, type DrawnElement, type RecordedStep } from "./object-host.js";
import type { PageHostOptions } from "./page-host.js";

/** What a `Konva.Transform` is known by. */
export interface KonvaTransformLike {
  /** Its six numbers, in the order of a 2D canvas. */
  getMatrix(): number[];
}

/** What is used of a Konva image node; `Konva.Image` has it. */
export interface KonvaImageLike {
  /** Properties that were set. */
  readonly attrs: Record<string, unknown>;
  /** What is drawn. */
  image(): unknown;
  /** The shown part; all zeros if it is the whole. */
  crop(): Rect;
  /** Displayed width before the transform. */
  width(): number;
  /** Displayed height before the transform. */
  height(): number;
  /** What people call it. */
  name(): string;
  /** Filters, applied when the node is cached. */
  filters(): readonly unknown[] | undefined;
  /** Sets properties. */
  setAttrs(values: Record<string, unknown>): unknown;
  /** Whether the node is drawn from a cache. */
  isCached(): boolean;
  /** Drops the cache. */
  clearCache(): unknown;
  /** Makes the cache. */
  cache(): unknown;
  /** A copy, with the same element. */
  clone(values?: Record<string, unknown>): unknown;
  /** From the node to the stage. */
  getAbsoluteTransform(): KonvaTransformLike;
  /** The group or layer that it is in. */
  getParent(): unknown;
  /** The stage that it is in, if it is in one. */
  getStage(): unknown;
  /** The layer that it is in. */
  getLayer(): unknown;
  /** Place among its siblings. */
  zIndex(): number;
  /** Takes it out of its parent. */
  remove(): unknown;
}

/** What is used of a Konva group or layer. */
interface KonvaParent {
  add(node: unknown): unknown;
  readonly children: readonly unknown[];
  getStage(): unknown;
}

/** How a {@link KonvaHost} finds what is active. */
export interface KonvaHostOptions extends PageHostOptions {
  /** The active node, which Konva itself does not know: `() => transformer.nodes()[0]`. */
  readonly active: () => unknown;
  /** Makes a node's cache again after its image was replaced; `node.cache()` if left out. */
  readonly recache?: (node: KonvaImageLike) => void;
}

/**
 * A Konva stage as an editor: restores the active image node. Crop, transform, filters, cache and displayed size stay. Konva
 * has neither a selection nor undo: tell which node is active, call `selectionChanged()` when it is another one, and give the
 * application's history or use what the commit returns.
 *
 * @example
 * ```ts
 * const host = new KonvaHost({ active: () => transformer.nodes()[0], history });
 * await limpid.restoreOn(host);
 * ```
 */
export class KonvaHost extends ObjectHost<KonvaImageLike> {
  /** Always `konva`. */
  readonly id = "konva";
  readonly #active: () => unknown;
  readonly #recache: (node: KonvaImageLike) => void;

  /** @param options - what is active, caching, history, interface and limits */
  constructor(options: KonvaHostOptions) {
    super(options);
    this.#active = options.active;
    this.#recache = options.recache ?? ((node) => node.cache());
  }

  protected activeObject(): KonvaImageLike | undefined {
    const node = this.#active() as Partial<KonvaImageLike> | null | undefined;
    return typeof node?.image === "function" && typeof node.crop === "function"
      ? (node as KonvaImageLike)
      : undefined;
  }

  protected elementOf(node: KonvaImageLike): DrawnElement | undefined {
    return node.image() as DrawnElement | undefined;
  }

  protected placementOf(node: KonvaImageLike): Pick<Placement, "crop" | "transform" | "isFiltered"> {
    const crop = cropOf(node);
    const shown = crop ?? naturalSize(this.elementOf(node)!);
    const toStage = node.getAbsoluteTransform().getMatrix() as unknown as Transform;
    return {
      crop,
      transform: composeTransforms(toStage, [
        node.width() / shown.width,
        0,
        0,
        node.height() / shown.height,
        0,
        0,
      ]),
      isFiltered: (node.filters()?.length ?? 0) > 0,
    };
  }

  protected nameOf(node: KonvaImageLike): string {
    return node.name() || "Image";
  }

  protected contains(node: KonvaImageLike): boolean {
    return node.getStage() !== null && node.getStage() !== undefined;
  }

  protected isOpen(node: KonvaImageLike): boolean {
    return isOnStage(node.getParent() ?? this.#lastParent.get(node));
  }

  protected replaceElement(
    node: KonvaImageLike,
    element: DrawnElement,
    horizontal: number,
    vertical: number,
  ): void {
    const crop = cropOf(node);
    this.#set(node, {
      image: element,
      // A size that was not set follows the element's.
      width: node.width(),
      height: node.height(),
      ...(crop && {
        cropX: crop.x * horizontal,
        cropY: crop.y * vertical,
        cropWidth: crop.width * horizontal,
        cropHeight: crop.height * vertical,
      }),
    });
  }

  protected remember(node: KonvaImageLike): () => void {
    const { attrs } = node;
    const names = ["image", "width", "height", "cropX", "cropY", "cropWidth", "cropHeight"];
    const values = Object.fromEntries(names.map((name) => [name, attrs[name]]));
    return () => this.#set(node, values);
  }

  protected addAbove(
    node: KonvaImageLike,
    element: DrawnElement,
    horizontal: number,
    vertical: number,
    label: string,
  ): Promise<RecordedStep> {
    const parent = node.getParent() ?? this.#lastParent.get(node);
    const layer = node.clone({ name: label, filters: [] }) as KonvaImageLike & {
      zIndex(index: number): unknown;
    };
    layer.clearCache();
    this.replaceElement(layer, element, horizontal, vertical);
    const insert = () => {
      (parent as KonvaParent | undefined)?.add(layer);
      if (node.getParent() === parent) layer.zIndex(node.zIndex() + 1);
      redraw(layer);
    };
    insert();
    const remove = () => {
      const drawnIn = layer.getLayer();
      layer.remove();
      (drawnIn as { batchDraw?: () => void } | null)?.batchDraw?.();
    };
    return this.record({ label, redo: insert, undo: remove });
  }

  /** A node that was removed no longer knows where it was. */
  readonly #lastParent = new WeakMap<KonvaImageLike, unknown>();

  override async capture(options?: Parameters<ObjectHost<KonvaImageLike>["capture"]>[0]) {
    const node = this.activeObject();
    if (node !== undefined) this.#lastParent.set(node, node.getParent());
    return super.capture(options);
  }

  #set(node: KonvaImageLike, values: Record<string, unknown>): void {
    const isCached = node.isCached();
    node.setAttrs(values);
    if (isCached) {
      node.clearCache();
      this.#recache(node);
    }
    redraw(node);
  }
}

/** Of a stage that was destroyed, groups and layers are left, on no stage. */
function isOnStage(parent: unknown): boolean {
  const stage = (parent as KonvaParent | null | undefined)?.getStage();
  return stage !== null && stage !== undefined;
}

function cropOf(node: KonvaImageLike): Rect | undefined {
  const { x, y, width, height } = node.crop();
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

function redraw(node: KonvaImageLike): void {
  (node.getLayer() as { batchDraw?: () => void } | null)?.batchDraw?.();
}
