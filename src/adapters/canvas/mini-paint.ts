import { LimpidError } from "../../sdk/base/index.js";
import { composeTransforms, type Placement, type Transform } from "../../sdk/host/index.js";
import type { Rect } from "../../sdk/image/index.js";
import { naturalSize, type DrawnElement } from "./object-host.js";

/** What is used of a layer of miniPaint. */
export interface MiniPaintLayer {
  /** Unique in the document. */
  readonly id: number;
  name: string;
  /** `image` if it has pixels; null if it is empty. */
  readonly type: string | null;
  link: DrawnElement | null;
  /** What a tool is painting on, in place of `link` until it is done. */
  readonly link_canvas?: HTMLCanvasElement | null;
  /** Left edge before its rotation, in pixels of the document. */
  readonly x: number;
  /** Upper edge before its rotation. */
  readonly y: number;
  /** Displayed width. */
  readonly width: number;
  /** Displayed height. */
  readonly height: number;
  /** Width of `link` in pixels. */
  width_original: number;
  /** Height of `link` in pixels. */
  height_original: number;
  /** In degrees, clockwise, around its centre. */
  readonly rotate: number;
  /** 0 to 100. */
  readonly opacity: number;
  /** How it is blended. */
  readonly composition: string;
  /** Its place in the stack: the highest is on top. */
  readonly order: number;
  /** Live filters. */
  readonly filters: readonly object[];
  /** Under which key of its image store miniPaint finds `link` again when an edit is undone. */
  _link_database_id?: unknown;
}

/** A step of miniPaint's own history. */
export interface MiniPaintAction {
  readonly action_id: string;
  readonly action_description: string;
  /** Bytes of memory that it holds; miniPaint drops steps by them. */
  readonly memory_estimate: number;
  /** Bytes of its database that it holds. */
  readonly database_estimate: number;
  /** Does it, or does it again. */
  do(): void | Promise<void>;
  /** Takes it back. */
  undo(): void | Promise<void>;
  /** Lets go of what it holds, once it can be neither undone nor done again. */
  free(): void | Promise<void>;
}

/** What a miniPaint of version 4 puts on its window, as far as it is used. */
export interface MiniPaintGlobals {
  readonly Layers: {
    /** Adds a layer as one step of the history, and makes it active. */
    insert(settings: Partial<MiniPaintLayer>): Promise<MiniPaintOutcome | undefined>;
    /** Draws at the next frame. */
    render(): unknown;
    /** What its tools have selected. */
    readonly Base_selection?: {
      /** The rectangle of the tool in use, in pixels of the document; that of its selection tool is empty at first. */
      get_selection(): Partial<Record<keyof Rect, number | null>> | null;
    };
  };
  readonly AppConfig: {
    readonly layers: readonly MiniPaintLayer[];
    readonly layer: MiniPaintLayer | null | undefined;
    readonly TOOL?: {
      /** `selection` for the one that selects a rectangle. */
      readonly name: string;
    };
  };
  readonly State: {
    /** Does a step and puts it into the history. */
    do_action(action: MiniPaintAction): Promise<MiniPaintOutcome | undefined>;
  };
}

/** Steps never reject; they say what became of them. */
interface MiniPaintOutcome {
  /** `completed` or `aborted`. */
  readonly status: string;
  readonly reason?: unknown;
}

/**
 * What miniPaint has put on its window.
 *
 * @returns its globals; undefined if they are not there, or not yet
 * @throws {@link LimpidError} `NotSupported` if the frame is of another origin
 */
export function miniPaintGlobals(window: Window): MiniPaintGlobals | undefined {
  try {
    const { Layers, AppConfig, State } = window as unknown as Partial<MiniPaintGlobals>;
    const isThere =
      typeof Layers?.insert === "function" &&
      typeof State?.do_action === "function" &&
      AppConfig?.layer !== null &&
      AppConfig?.layer !== undefined;
    return isThere ? { Layers, AppConfig, State } : undefined;
  } catch (cause) {
    throw new LimpidError(
      "NotSupported",
      "miniPaint is in a frame of another origin, which a page cannot reach into; serve it beside this page",
      { cause },
    );
  }
}

/**
 * What a person has selected: miniPaint keeps it as long as its selection tool is the one in use.
 *
 * @returns the rectangle, in pixels of the document; undefined if there is none
 */
export function miniPaintSelection({ Layers, AppConfig }: MiniPaintGlobals): Rect | undefined {
  if (AppConfig.TOOL?.name !== "selection") return undefined;
  const { x, y, width, height } = Layers.Base_selection?.get_selection() ?? {};
  if (typeof x !== "number" || typeof y !== "number" || !width || !height) return undefined;
  // While it is drawn to the left or upwards, its sides are negative.
  const [left, top] = [x + Math.min(width, 0), y + Math.min(height, 0)];
  return { x: left, y: top, width: Math.abs(width), height: Math.abs(height) };
}

/** Whether a layer is an image that is there. */
export function isImageLayer(layer: MiniPaintLayer | null | undefined): layer is MiniPaintLayer {
  return layer?.type === "image" && typeof layer.link === "object" && layer.link !== null;
}

/** Where a layer stands. */
export function miniPaintPlacement(
  layer: MiniPaintLayer,
): Pick<Placement, "crop" | "transform" | "isFiltered"> {
  const { x, y, width, height, rotate, filters } = layer;
  const natural = naturalSize(layer.link!);
  const angle = (rotate * Math.PI) / 180;
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const turned: Transform = [cosine, sine, -sine, cosine, x + width / 2, y + height / 2];
  const scaled: Transform = [width / natural.width, 0, 0, height / natural.height, -width / 2, -height / 2];
  return { crop: undefined, transform: composeTransforms(turned, scaled), isFiltered: filters.length > 0 };
}

/** Where a layer stands, and how it is drawn there. */
export type MiniPaintGeometry = Pick<
  MiniPaintLayer,
  "x" | "y" | "width" | "height" | "rotate" | "opacity" | "composition"
>;

/** A layer's geometry as it is now. */
export function miniPaintGeometry(layer: MiniPaintLayer): MiniPaintGeometry {
  const { x, y, width, height, rotate, opacity, composition } = layer;
  return { x, y, width, height, rotate, opacity, composition };
}

/** What makes a layer like another one, right above it. */
export function likeMiniPaintLayer(
  layer: MiniPaintLayer,
  geometry: MiniPaintGeometry,
  layers: readonly MiniPaintLayer[],
  element: DrawnElement,
  label: string,
): Partial<MiniPaintLayer> {
  const { width: width_original, height: height_original } = naturalSize(element);
  const above = layers.map(({ order }) => order).filter((order) => order > layer.order);
  // Without an order of its own it becomes the topmost.
  const isBetween = layers.includes(layer) && above.length > 0;
  return {
    // miniPaint takes a name that ends in .svg, or has three letters, for that of a vector graphic.
    name: label.length === 3 || label.toLowerCase().endsWith(".svg") ? `${label} ` : label,
    type: "image",
    link: element,
    ...geometry,
    width_original,
    height_original,
    filters: [],
    ...(isBetween && { order: (layer.order + Math.min(...above)) / 2 }),
  };
}
