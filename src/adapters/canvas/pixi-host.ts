import { LimpidError } from "../../sdk/base/index.js";
import { composeTransforms, type Placement, type Transform } from "../../sdk/host/index.js";
import type { Rect } from "../../sdk/image/index.js";
import { naturalSize, ObjectHost, type DrawnElement, type RecordedStep } from "./object-host.js";
import type { PageHostOptions } from "./page-host.js";

/** What is used of a PixiJS texture; `Texture` of PixiJS 8 has it. */
export interface PixiTextureLike {
  /** What it takes its pixels from. */
  readonly source: {
    /** The image, canvas or bitmap. */
    readonly resource: unknown;
    /** Pixels of it to a unit of the texture. */
    readonly resolution: number;
  };
  /** The part of the source that it shows, in its own units. */
  readonly frame: Rect;
  /** How the part lies in an atlas; 0 if it is upright. */
  readonly rotate: number;
  /** Where the part lies in a larger, transparent whole. */
  readonly trim: unknown;
}

/** What is used of a PixiJS container; `Container` of PixiJS 8 has it. */
export interface PixiContainerLike {
  /** The container around it. */
  readonly parent: PixiContainerLike | null | undefined;
  readonly destroyed: boolean;
  /** What is in it, lowest first. */
  readonly children: readonly unknown[];
  /** Puts something at a place in it. */
  addChildAt(child: never, index: number): unknown;
  /** Takes something out. */
  removeChild(child: never): unknown;
}

/** A point that can be changed. */
export interface PixiPoint {
  /** Horizontal. */
  readonly x: number;
  /** Vertical. */
  readonly y: number;
  /** Sets both. */
  set(x: number, y: number): unknown;
}

/** What is used of a PixiJS matrix: it takes (x, y) to (a x + c y + tx, b x + d y + ty). */
export interface PixiMatrix {
  /** Horizontal scale. */
  readonly a: number;
  /** Vertical skew. */
  readonly b: number;
  /** Horizontal skew. */
  readonly c: number;
  /** Vertical scale. */
  readonly d: number;
  /** Horizontal shift. */
  readonly tx: number;
  /** Vertical shift. */
  readonly ty: number;
}

/** What is used of a PixiJS sprite; `Sprite` of PixiJS 8 has it. */
export interface PixiSpriteLike extends PixiContainerLike {
  texture: PixiTextureLike;
  label: string;
  /** 0 to 1. */
  alpha: number;
  /** In radians. */
  rotation: number;
  /** How it is drawn over what is below. */
  blendMode: string;
  /** Multiplies its colours. */
  tint: unknown;
  /** Whether it is drawn. */
  visible: boolean;
  /** Filters, applied by PixiJS. */
  readonly filters: unknown;
  /** Where it stands in its parent. */
  readonly position: PixiPoint;
  readonly scale: PixiPoint;
  /** Shear. */
  readonly skew: PixiPoint;
  /** Centre of turning, in its own units. */
  readonly pivot: PixiPoint;
  /** Its origin, as a share of its size. */
  readonly anchor: PixiPoint;
  /** From the sprite to the scene. */
  getGlobalTransform(): PixiMatrix;
}

/** How a {@link PixiHost} finds what is active. */
export interface PixiHostOptions extends PageHostOptions {
  /** The scene: `app.stage`. What is not in it is not in the document. */
  readonly stage: PixiContainerLike;
  /** The active sprite, or several, which PixiJS itself does not know. */
  readonly active: () => unknown;
}

/**
 * A PixiJS scene as an editor: restores the active sprite, also the one in an active container. Frame, transform, filters and
 * displayed size stay; other sprites with the same texture keep it. PixiJS has neither a selection nor undo: tell which sprite is
 * active, call `selectionChanged()` when it is another one, and give the application's history or use what the commit returns.
 *
 * @example
 * ```ts
 * const host = new PixiHost({ stage: app.stage, active: () => picked, history });
 * await runOnHost(limpid, host);
 * ```
 */
export class PixiHost extends ObjectHost<PixiSpriteLike> {
  readonly id = "pixi";
  readonly #stage: PixiContainerLike;
  readonly #active: () => unknown;
  /** A sprite that was removed no longer knows where it was. */
  readonly #lastParent = new WeakMap<PixiSpriteLike, PixiContainerLike>();

  /** @param options - the scene, what is active, history, interface and limits */
  constructor(options: PixiHostOptions) {
    super(options);
    this.#stage = options.stage;
    this.#active = options.active;
  }

  protected override onCapture(sprite: PixiSpriteLike): void {
    if (sprite.parent) this.#lastParent.set(sprite, sprite.parent);
  }

  protected override pickedObjects(): readonly PixiSpriteLike[] {
    return pixiSpritesIn(this.#active());
  }

  protected activeObject(): PixiSpriteLike | undefined {
    const sprites = this.pickedObjects();
    return sprites.length === 1 ? sprites[0] : undefined;
  }

  protected elementOf({ texture }: PixiSpriteLike): DrawnElement | undefined {
    // A texture that was destroyed has no source.
    return ((texture as Partial<PixiTextureLike> | null)?.source?.resource ?? undefined) as
      DrawnElement | undefined;
  }

  protected placementOf(sprite: PixiSpriteLike): Pick<Placement, "crop" | "transform" | "isFiltered"> {
    const { texture, anchor, filters } = sprite;
    if (texture.rotate !== 0 || Boolean(texture.trim)) {
      throw new LimpidError("NotSupported", "the sprite's texture is turned or trimmed in its atlas");
    }
    const { resolution } = texture.source;
    const { x, y, width, height } = texture.frame;
    const { width: naturalWidth, height: naturalHeight } = naturalSize(this.elementOf(sprite)!);
    const crop = {
      x: x * resolution,
      y: y * resolution,
      width: width * resolution,
      height: height * resolution,
    };
    const { a, b, c, d, tx, ty } = sprite.getGlobalTransform();
    const toScene: Transform = [a, b, c, d, tx, ty];
    const pixel: Transform = [1 / resolution, 0, 0, 1 / resolution, -anchor.x * width, -anchor.y * height];
    return {
      crop: crop.width === naturalWidth && crop.height === naturalHeight ? undefined : crop,
      transform: composeTransforms(toScene, pixel),
      isFiltered: Array.isArray(filters) ? filters.length > 0 : Boolean(filters),
    };
  }

  protected nameOf({ label }: PixiSpriteLike): string {
    return label || "Sprite";
  }

  protected contains(sprite: PixiSpriteLike): boolean {
    let at: PixiContainerLike | null | undefined = sprite;
    while (at && at !== this.#stage) at = at.parent;
    return at === this.#stage;
  }

  protected isOpen(): boolean {
    return !this.#stage.destroyed;
  }

  protected replaceElement(
    sprite: PixiSpriteLike,
    element: DrawnElement,
    horizontal: number,
    vertical: number,
  ): void {
    const { texture, scale, pivot } = sprite;
    const { resolution } = texture.source;
    const [across, down] = [horizontal * resolution, vertical * resolution];
    const { x, y, width, height } = texture.frame;
    const Texture = texture.constructor as unknown as PixiTextureClass;
    const { source } = Texture.from(element, true);
    const frame = { x: x * across, y: y * down, width: width * across, height: height * down };
    sprite.texture = new Texture({ source, frame });
    scale.set(scale.x / across, scale.y / down);
    pivot.set(pivot.x * across, pivot.y * down);
  }

  protected remember(sprite: PixiSpriteLike): () => void {
    const { texture, scale, pivot } = sprite;
    const [scaleX, scaleY, pivotX, pivotY] = [scale.x, scale.y, pivot.x, pivot.y];
    return () => {
      sprite.texture = texture;
      scale.set(scaleX, scaleY);
      pivot.set(pivotX, pivotY);
    };
  }

  protected addAbove(
    sprite: PixiSpriteLike,
    element: DrawnElement,
    horizontal: number,
    vertical: number,
    label: string,
  ): Promise<RecordedStep> {
    const parent = (this.contains(sprite) ? sprite.parent : this.#lastParent.get(sprite)) ?? this.#stage;
    const Sprite = sprite.constructor as new (texture: PixiTextureLike) => PixiSpriteLike;
    const layer = new Sprite(sprite.texture);
    const { alpha, rotation, blendMode, tint, visible } = sprite;
    Object.assign(layer, { alpha, rotation, blendMode, tint, visible, label });
    for (const name of ["position", "skew", "pivot", "anchor", "scale"] as const) {
      layer[name].set(sprite[name].x, sprite[name].y);
    }
    this.replaceElement(layer, element, horizontal, vertical);
    const insert = () => {
      const index = parent.children.indexOf(sprite);
      parent.addChildAt(layer as never, index < 0 ? parent.children.length : index + 1);
    };
    insert();
    return this.record({ label, redo: insert, undo: () => void parent.removeChild(layer as never) });
  }
}

/** The sprites in what is picked: a sprite, several of them, or a container. */
function pixiSpritesIn(picked: unknown): readonly PixiSpriteLike[] {
  if (Array.isArray(picked)) return picked.flatMap(pixiSpritesIn);
  if (isPixiSprite(picked)) return [picked];
  return pixiSpritesIn((picked as Partial<PixiContainerLike> | null | undefined)?.children ?? []);
}

function isPixiSprite(object: unknown): object is PixiSpriteLike {
  const { texture, anchor } = (object ?? {}) as Partial<PixiSpriteLike>;
  return texture !== undefined && anchor !== undefined;
}

/** What makes textures. */
interface PixiTextureClass {
  new (options: { readonly source: unknown; readonly frame: Rect }): PixiTextureLike;
  from(element: DrawnElement, skipCache: boolean): PixiTextureLike;
}
