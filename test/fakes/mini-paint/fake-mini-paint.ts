import { DeleteLayer, InsertLayer, SelectLayer, UpdateLayer, UpdateLayerImage } from "./actions.js";
import { FakeImageStore, FakeMiniPaintState } from "./history.js";
import type { FakeMiniPaintLayer, FakeMiniPaintSettings } from "./layer.js";

/** What a miniPaint's `Layers` do. */
export interface FakeMiniPaintLayers {
  /** The next layer's id. */
  auto_increment: number;
  /** Adds a layer as one step. */
  insert(settings: FakeMiniPaintSettings): ReturnType<FakeMiniPaintState["do_action"]>;
  /** Takes a layer out as one step. */
  delete(id: number): ReturnType<FakeMiniPaintState["do_action"]>;
  /** Makes a layer active as one step. */
  select(id: number): ReturnType<FakeMiniPaintState["do_action"]>;
  /** A layer by its id; null, and a complaint, if there is none. */
  get_layer(id?: number): FakeMiniPaintLayer | null;
  /** A layer's own pixels, or as it is drawn in the document. */
  convert_layer_to_canvas(id?: number | null, isActualArea?: boolean, canTrim?: boolean): HTMLCanvasElement;
  /** Draws all layers, or one, as they are seen. */
  convert_layers_to_canvas(context: CanvasRenderingContext2D, id?: number | null): void;
  /** The document's size. */
  get_dimensions(): {
    /** In pixels. */
    readonly width: number;
    /** In pixels. */
    readonly height: number;
  };
  /** Draws at the next frame. */
  render(): void;
  /** What the tool in use has selected. */
  readonly Base_selection: {
    /** The rectangle of its selection tool, empty at first; the active layer's box of the other tools. */
    get_selection(): FakeMiniPaintSelection;
  };
}

/** A rectangle in pixels of the document. */
export type FakeMiniPaintSelection = Record<"x" | "y" | "width" | "height", number | null>;

/**
 * A stand-in for miniPaint 4 in a page of its own, for tests of code that drives one through a frame: its `Layers`, `AppConfig`
 * and `State` on the window, its history with the habits that matter, a canvas that shows the document, and a list of layers to
 * click. It has no tools; what a person would do with them, its methods do.
 *
 * @example
 * ```ts
 * // in the frame's page
 * new FakeMiniPaint(window).start();
 * ```
 */
export class FakeMiniPaint {
  /** What it has told the person, which nobody else hears. */
  readonly complaints: string[] = [];
  /** Its history. */
  readonly State = new FakeMiniPaintState();
  /** Its state. */
  readonly AppConfig: {
    /** The document's layers; their own `order` says which is above which. */
    layers: FakeMiniPaintLayer[];
    /** The one that is selected. */
    layer: FakeMiniPaintLayer;
    /** The document's width in pixels. */
    WIDTH: number;
    /** The document's height in pixels. */
    HEIGHT: number;
    /** The tool in use. */
    TOOL: {
      /** `select`, with which layers are moved, or `selection`. */
      readonly name: string;
    };
  } = {
    layers: [],
    layer: null as unknown as FakeMiniPaintLayer,
    WIDTH: 800,
    HEIGHT: 600,
    TOOL: { name: "select" },
  };
  /** Its layers. */
  readonly Layers: FakeMiniPaintLayers;
  /** Where it keeps the files of edited layers. */
  readonly store = new FakeImageStore();
  readonly #window: Window;
  #selection: FakeMiniPaintSelection = { x: null, y: null, width: null, height: null };

  /** @param window - where it puts its globals */
  constructor(window: Window) {
    this.#window = window;
    const state = this.State;
    const config = this.AppConfig;
    this.Layers = {
      auto_increment: 1,
      insert: (settings) => state.do_action(new InsertLayer(this, settings)),
      delete: (id) => state.do_action(new DeleteLayer(this, id)),
      select: (id) => state.do_action(new SelectLayer(this, id)),
      get_layer: (id = config.layer.id) => {
        const layer = config.layers.find((candidate) => candidate.id === id);
        if (layer === undefined) this.complain(`Error: can not find layer with id:${id}`);
        return layer ?? null;
      },
      convert_layer_to_canvas: (id, isActualArea = false) =>
        this.#convert(id ?? config.layer.id, isActualArea),
      convert_layers_to_canvas: (context, id = null) => this.#draw(context, id),
      get_dimensions: () => ({ width: config.WIDTH, height: config.HEIGHT }),
      render: () => this.show(),
      Base_selection: {
        get_selection: () => (config.TOOL.name === "selection" ? this.#selection : config.layer),
      },
    };
  }

  /** The page that it is in. */
  get document(): Document {
    return this.#window.document;
  }

  /** Puts its globals on the window when the page has loaded, and opens an empty document. */
  start(): void {
    const start = () => {
      const canvas = this.document.createElement("canvas");
      canvas.id = "canvas_minipaint";
      const list = this.document.createElement("ul");
      list.id = "layers";
      this.document.body.append(canvas, list);
      Object.assign(this.#window, { Layers: this.Layers, AppConfig: this.AppConfig, State: this.State });
      void new InsertLayer(this, {}).do();
    };
    if (this.document.readyState === "complete") start();
    else this.#window.addEventListener("load", start);
  }

  /** Tells the person something. */
  complain(text: string): void {
    this.complaints.push(text);
  }

  /** Shows the document and the list of its layers, which can be clicked. */
  show(): void {
    const { layers, layer: active, WIDTH, HEIGHT } = this.AppConfig;
    const canvas = this.document.querySelector<HTMLCanvasElement>("#canvas_minipaint");
    if (canvas !== null) {
      [canvas.width, canvas.height] = [WIDTH, HEIGHT];
      this.#draw(canvas.getContext("2d")!);
    }
    const items = this.#sorted().map((layer) => {
      const item = this.document.createElement("li");
      item.textContent = layer.name;
      item.ariaCurrent = String(layer === active);
      item.onclick = () => void this.Layers.select(layer.id);
      return item;
    });
    this.document.querySelector("#layers")?.replaceChildren(...items);
    // An image that has not loaded yet is drawn when it has.
    for (const { link } of layers) if (link !== null && !link.complete) link.onload = () => this.show();
  }

  /** Moves, scales or turns a layer, or sets its opacity, as one step. */
  async arrange(id: number, settings: FakeMiniPaintSettings): Promise<void> {
    await this.State.do_action(new UpdateLayer(this, id, settings));
  }

  /** Empties a layer, which stays, as one step. */
  async clear(id: number): Promise<void> {
    const nothing = { x: 0, y: 0, width: 0, height: 0, rotate: 0, data: null, type: null, link: null };
    await this.State.do_action(new UpdateLayer(this, id, { ...nothing, _link_database_id: undefined }));
  }

  /**
   * Paints with a brush.
   *
   * @param id - of an image layer
   * @param color - of the spot in its upper left corner
   * @returns lifts the brush: only then it is a step of the history, and in the layer
   */
  paint(id: number, color: string): () => Promise<void> {
    const layer = this.Layers.get_layer(id)!;
    const canvas = this.Layers.convert_layer_to_canvas(id, true);
    const context = canvas.getContext("2d")!;
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    layer.link_canvas = canvas;
    this.show();
    return async () => {
      delete layer.link_canvas;
      await this.State.do_action(new UpdateLayerImage(this, layer, canvas));
      await layer.link!.decode();
    };
  }

  /**
   * Draws a rectangle with the selection tool.
   *
   * @param selection - in pixels of the document; undefined takes another tool, which forgets what was selected
   */
  selectRect(selection: FakeMiniPaintSelection | undefined): void {
    this.#selection = selection ?? { x: null, y: null, width: null, height: null };
    this.AppConfig.TOOL = { name: selection === undefined ? "select" : "selection" };
  }

  #sorted(): FakeMiniPaintLayer[] {
    return [...this.AppConfig.layers].sort((a, b) => b.order - a.order);
  }

  #convert(id: number, isActualArea: boolean): HTMLCanvasElement {
    const layer = this.Layers.get_layer(id)!;
    const { WIDTH, HEIGHT } = this.AppConfig;
    const canvas = this.document.createElement("canvas");
    const context = canvas.getContext("2d")!;
    if (isActualArea && layer.type === "image") {
      [canvas.width, canvas.height] = [layer.width_original!, layer.height_original!];
      context.drawImage(layer.link!, 0, 0);
    } else {
      [canvas.width, canvas.height] = [Math.max(layer.width!, WIDTH), Math.max(layer.height!, HEIGHT)];
      this.#drawLayer(context, layer);
    }
    return canvas;
  }

  #draw(context: CanvasRenderingContext2D, id: number | null = null): void {
    for (const layer of this.#sorted().reverse()) {
      if (id !== null && layer.id !== id) continue;
      context.globalAlpha = layer.opacity / 100;
      context.globalCompositeOperation = layer.composition as GlobalCompositeOperation;
      this.#drawLayer(context, layer);
    }
  }

  #drawLayer(context: CanvasRenderingContext2D, layer: FakeMiniPaintLayer): void {
    const { x, y, width, height, rotate, visible, type, link, link_canvas, filters } = layer;
    if (!visible || type !== "image" || link === null || width === null || height === null) return;
    const drawn = link_canvas ?? link;
    context.save();
    context.filter =
      filters.map(({ name, params }) => `${name}(${String(params.value)})`).join(" ") || "none";
    context.translate(x + width / 2, y + height / 2);
    context.rotate((rotate * Math.PI) / 180);
    if (drawn !== link || link.complete) context.drawImage(drawn, -width / 2, -height / 2, width, height);
    context.restore();
  }
}
