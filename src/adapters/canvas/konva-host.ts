import { composeTransforms, type Placement, type Transform } from "../../sdk/host/index.js";
import type { Rect } from "../../sdk/image/index.js";
import { naturalSize, ObjectHost, type DrawnElement, type RecordedStep } from "./object-host.js";
import type { PageHostOptions } from "./page-host.js";

/** What a `Konva.Transform` is known by. */
export interface KonvaTransformLike {
  /** Its six numbers, in the order of a 2D canvas. */
  getMatrix(): number[];
}

/** What is used of a Konva node that draws an image: a `Konva.Image`, or a shape that is filled with one. */
export interface KonvaImageLike {
  /** Properties that were set. */
  readonly attrs: Record<string, unknown>;
  /** What an image node draws. */
  image?(): unknown;
  /** What a shape is filled with. */
  fillPatternImage?(): unknown;
  /** The part that an image node shows; all zeros if it is the whole. */
  crop?(): Rect;
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
  cache(options?: { pixelRatio?: number }): unknown;
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
  /** The active node, or several, which Konva itself does not know: `() => transformer.nodes()`. */
  readonly active: () => unknown;
  /** Makes a node's cache again after its image was replaced; `node.cache()` with the same `pixelRatio` if left out. */
  readonly recache?: (node: KonvaImageLike) => void;
}

/**
 * A Konva stage as an editor: restores the active image node, or the image that the active shape is filled with, also the one
 * in an active group. Crop, transform, filters, cache and displayed size stay. Konva has neither a selection nor undo: tell which
 * node is active, call `selectionChanged()` when it is another one, and give the application's history or use what the commit
 * returns.
 *
 * @example
 * ```ts
 * const host = new KonvaHost({ active: () => transformer.nodes(), history });
 * await limpid.restoreOn(host);
 * ```
 */
export class KonvaHost extends ObjectHost<KonvaImageLike> {
  readonly id = "konva";
  readonly #active: () => unknown;
  readonly #recache: ((node: KonvaImageLike) => void) | undefined;

  /** @param options - what is active, caching, history, interface and limits */
  constructor(options: KonvaHostOptions) {
    super(options);
    this.#active = options.active;
    this.#recache = options.recache;
  }

  protected override pickedObjects(): readonly KonvaImageLike[] {
    return konvaImagesIn(this.#active());
  }

  protected activeObject(): KonvaImageLike | undefined {
    const images = this.pickedObjects();
    return images.length === 1 ? images[0] : undefined;
  }

  protected override onCapture(node: KonvaImageLike): void {
    this.#lastParent.set(node, node.getParent());
  }

  protected elementOf(node: KonvaImageLike): DrawnElement | undefined {
    return (node.image?.() ?? node.fillPatternImage?.()) as DrawnElement | undefined;
  }

  protected placementOf(node: KonvaImageLike): Pick<Placement, "crop" | "transform" | "isFiltered"> {
    const toStage = node.getAbsoluteTransform().getMatrix() as unknown as Transform;
    const isFiltered = (node.filters()?.length ?? 0) > 0;
    if (node.image === undefined) {
      return { crop: undefined, transform: composeTransforms(toStage, patternTransform(node)), isFiltered };
    }
    const crop = cropOf(node);
    const shown = crop ?? naturalSize(this.elementOf(node)!);
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
      isFiltered,
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
    if (node.image === undefined) {
      const { scaleX, scaleY, offsetX, offsetY } = patternOf(node);
      this.#set(node, {
        fillPatternImage: element,
        fillPatternScaleX: scaleX / horizontal,
        fillPatternScaleY: scaleY / vertical,
        fillPatternOffsetX: offsetX * horizontal,
        fillPatternOffsetY: offsetY * vertical,
      });
      return;
    }
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
    const names =
      node.image === undefined
        ? ["Image", "ScaleX", "ScaleY", "OffsetX", "OffsetY"].map((name) => `fillPattern${name}`)
        : ["image", "width", "height", "cropX", "cropY", "cropWidth", "cropHeight"];
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
    const layer = node.clone({ name: label, id: undefined, filters: [] }) as KonvaImageLike & {
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

  #set(node: KonvaImageLike, values: Record<string, unknown>): void {
    const isCached = node.isCached();
    const pixelRatio = cachedPixelRatio(node);
    node.setAttrs(values);
    if (isCached) {
      node.clearCache();
      if (this.#recache !== undefined) this.#recache(node);
      else node.cache(pixelRatio === undefined ? {} : { pixelRatio });
    }
    redraw(node);
  }
}

/** The image nodes and the shapes filled with an image in what is picked: a node, several of them, or a group. */
function konvaImagesIn(picked: unknown): readonly KonvaImageLike[] {
  if (Array.isArray(picked)) return picked.flatMap(konvaImagesIn);
  const node = picked as (Partial<KonvaImageLike> & { getChildren?(): unknown[] }) | null | undefined;
  const isImage = typeof node?.image === "function" && typeof node.crop === "function";
  if (isImage || Boolean(node?.fillPatternImage?.())) return [node as KonvaImageLike];
  return konvaImagesIn(node?.getChildren?.() ?? []);
}

/** Of a stage that was destroyed, groups and layers are left, on no stage. */
function isOnStage(parent: unknown): boolean {
  const stage = (parent as KonvaParent | null | undefined)?.getStage();
  return stage !== null && stage !== undefined;
}

function cropOf(node: KonvaImageLike): Rect | undefined {
  const { x, y, width, height } = node.crop?.() ?? { x: 0, y: 0, width: 0, height: 0 };
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

/** How a shape's pattern lies in it; what was not set is as Konva takes it. */
function patternOf({ attrs }: KonvaImageLike) {
  const attribute = (name: string, otherwise: number): number => {
    const value = attrs[`fillPattern${name}`];
    return typeof value === "number" ? value : otherwise;
  };
  return {
    x: attribute("X", 0),
    y: attribute("Y", 0),
    rotation: attribute("Rotation", 0),
    scaleX: attribute("ScaleX", 1),
    scaleY: attribute("ScaleY", 1),
    offsetX: attribute("OffsetX", 0),
    offsetY: attribute("OffsetY", 0),
  };
}

/** From the pixels of a shape's pattern to the shape. */
function patternTransform(node: KonvaImageLike): Transform {
  const { x, y, rotation, scaleX, scaleY, offsetX, offsetY } = patternOf(node);
  const angle = (rotation * Math.PI) / 180;
  const turned: Transform = [Math.cos(angle), Math.sin(angle), -Math.sin(angle), Math.cos(angle), x, y];
  return composeTransforms(turned, [scaleX, 0, 0, scaleY, -offsetX * scaleX, -offsetY * scaleY]);
}

/** The ratio that a node was cached with, which Konva keeps with the cached canvas alone. */
function cachedPixelRatio(node: KonvaImageLike): number | undefined {
  const { _getCanvasCache: cacheOf } = node as {
    _getCanvasCache?: () => { readonly scene?: { readonly pixelRatio?: number } } | undefined;
  };
  return cacheOf?.call(node)?.scene?.pixelRatio;
}

function redraw(node: KonvaImageLike): void {
  (node.getLayer() as { batchDraw?: () => void } | null)?.batchDraw?.();
}
