/** A layer, with miniPaint's own names. */
export interface FakeMiniPaintLayer {
  /** Unique in the document. */
  id: number;
  /** Unused. */
  parent_id: number;
  /** What people call it. */
  name: string;
  /** `image`, a kind of shape, or null if it is empty. */
  type: string | null;
  /** What an image layer draws. */
  link: HTMLImageElement | null;
  /** What a tool is painting on; drawn in its place. */
  link_canvas?: HTMLCanvasElement | null;
  /** Left edge before the rotation, in pixels of the document. */
  x: number;
  /** Upper edge before the rotation. */
  y: number;
  /** Displayed width. */
  width: number | null;
  /** Width of the image's own pixels. */
  width_original: number | null;
  /** Displayed height. */
  height: number | null;
  /** Height of the image's own pixels. */
  height_original: number | null;
  /** Whether it is drawn. */
  visible: boolean;
  /** Whether tools take it for a vector graphic. */
  is_vector: boolean;
  /** 0 to 100. */
  opacity: number;
  /** Its place in the stack: the highest is on top. */
  order: number;
  /** How it is blended. */
  composition: string;
  /** In degrees, clockwise, around its centre. */
  rotate: number;
  /** What its image is loaded from. */
  data: unknown;
  /** A tool's settings. */
  params: object;
  /** `draft` while a tool makes it. */
  status: string | null;
  /** A tool's colour. */
  color: string;
  /** Live filters, by their CSS names. */
  filters: {
    /** The filter's number. */
    readonly id: number;
    /** Its CSS name. */
    readonly name: string;
    /** Its settings. */
    readonly params: {
      /** How strong it is. */
      readonly value: unknown;
    };
  }[];
  /** What draws a layer that is no image. */
  render_function: unknown;
  /** Key of its image's file in the image store, once it was edited. */
  _link_database_id?: number | undefined;
}

/** What a new layer is made of. */
export type FakeMiniPaintSettings = Partial<FakeMiniPaintLayer>;

/** A layer in which nothing has been set. */
export function blankLayer(id: number): FakeMiniPaintLayer {
  return {
    id,
    parent_id: 0,
    name: `Brush #${id}`,
    type: null,
    link: null,
    x: 0,
    y: 0,
    width: null,
    width_original: null,
    height: null,
    height_original: null,
    visible: true,
    is_vector: false,
    opacity: 100,
    order: id,
    composition: "source-over",
    rotate: 0,
    data: null,
    params: {},
    status: null,
    color: "#008000",
    filters: [],
    render_function: null,
  };
}

/** Whether nobody has put anything into a layer. */
export function isBlank({ width, height, data }: FakeMiniPaintLayer): boolean {
  return !width && !height && data === null;
}
