import type { FakeMiniPaint } from "./fake-mini-paint.js";
import type { FakeMiniPaintAction } from "./history.js";
import { blankLayer, isBlank, type FakeMiniPaintLayer, type FakeMiniPaintSettings } from "./layer.js";

/** Adds a layer; the document grows with an image that was given as `data`, not with one that was given as `link`. */
export class InsertLayer implements FakeMiniPaintAction {
  readonly #editor: FakeMiniPaint;
  readonly #settings: FakeMiniPaintSettings;
  #before: Pick<FakeMiniPaint["AppConfig"], "layer" | "WIDTH" | "HEIGHT"> | undefined;
  #firstId = 0;
  #deletion: DeleteLayer | undefined;

  constructor(editor: FakeMiniPaint, settings: FakeMiniPaintSettings) {
    this.#editor = editor;
    this.#settings = settings;
  }

  async do(): Promise<void> {
    const { AppConfig: config, Layers } = this.#editor;
    const { layer: active, WIDTH, HEIGHT } = config;
    this.#before = { layer: active, WIDTH, HEIGHT };
    this.#firstId = Layers.auto_increment;
    const layer = blankLayer(Layers.auto_increment);
    for (const [key, value] of Object.entries(this.#settings)) {
      if (!(key in layer) && !key.startsWith("_")) this.#editor.complain(`Error: wrong key: ${key}`);
      else Object.assign(layer, { [key]: value });
    }
    let hasData = false;
    if (layer.type === "image") {
      // Meant for names that end so; every name of three letters is one as well.
      if (layer.name.toLowerCase().indexOf(".svg") === layer.name.length - 4) layer.is_vector = true;
      if (config.layers.length === 1 && isBlank(config.layers[0]!)) {
        this.#deletion = new DeleteLayer(this.#editor, config.layers[0]!.id, true);
        await this.#deletion.do();
      }
      if (layer.link === null) {
        hasData = true;
        layer.link = await this.#load(layer.data);
        layer.data = null;
        if (layer.width === null || layer.width === 0) layer.width = layer.link.naturalWidth;
        if (layer.height === null || layer.height === 0) layer.height = layer.link.naturalHeight;
        layer.width_original ??= layer.width;
        layer.height_original ??= layer.height;
      }
    }
    config.layers.push(layer);
    config.layer = layer;
    Layers.auto_increment = Math.max(Layers.auto_increment, layer.id) + 1;
    if (hasData) this.#resize(layer);
    this.#editor.show();
  }

  async undo(): Promise<void> {
    const { AppConfig: config, Layers } = this.#editor;
    Layers.auto_increment = this.#firstId;
    config.layers.pop();
    await this.#deletion?.undo();
    this.#deletion = undefined;
    Object.assign(config, this.#before);
    this.#editor.show();
  }

  free(): void {
    this.#before = undefined;
  }

  async #load(data: unknown): Promise<HTMLImageElement> {
    if (typeof data === "string") {
      const image = this.#editor.document.createElement("img");
      image.src = data;
      await image.decode().catch(() => this.#editor.complain("Sorry, image could not be loaded."));
      return image;
    }
    // A canvas comes out blank.
    return (data as HTMLImageElement).cloneNode(true) as HTMLImageElement;
  }

  #resize({ width, height }: FakeMiniPaintLayer): void {
    const { AppConfig: config } = this.#editor;
    const isOnly = config.layers.length === 1;
    config.WIDTH = isOnly ? width! : Math.max(config.WIDTH, width!);
    config.HEIGHT = isOnly ? height! : Math.max(config.HEIGHT, height!);
  }
}

/** Takes a layer out; the last one leaves a blank one behind. */
export class DeleteLayer implements FakeMiniPaintAction {
  readonly #editor: FakeMiniPaint;
  readonly #id: number;
  readonly #isForced: boolean;
  #deleted: FakeMiniPaintLayer | undefined;
  #index = -1;
  #active: FakeMiniPaintLayer | undefined;
  #insertion: InsertLayer | undefined;

  constructor(editor: FakeMiniPaint, id: number, isForced = false) {
    this.#editor = editor;
    this.#id = id;
    this.#isForced = isForced;
  }

  async do(): Promise<void> {
    const { AppConfig: config } = this.#editor;
    this.#index = config.layers.findIndex(({ id }) => id === this.#id);
    if (this.#index < 0) throw new Error("Aborted - Layer to delete not found");
    this.#active = config.layer;
    if (config.layers.length === 1 && !this.#isForced) {
      if (config.layers[0]!.type === null) throw new Error("Aborted - Will not delete last layer");
      this.#insertion = new InsertLayer(this.#editor, {});
      await this.#insertion.do();
    }
    this.#deleted = config.layers.splice(this.#index, 1)[0];
    if (config.layer === this.#deleted && config.layers.length > 0) {
      config.layer = config.layers[Math.max(0, this.#index - 1)]!;
    }
    this.#editor.show();
  }

  async undo(): Promise<void> {
    const { AppConfig: config } = this.#editor;
    config.layers.splice(this.#index, 0, this.#deleted!);
    await this.#insertion?.undo();
    this.#insertion = undefined;
    config.layer = this.#active!;
    this.#editor.show();
  }

  free(): void {
    if (this.#deleted !== undefined) this.#deleted.link = null;
  }
}

/** Sets what belongs to a layer: its place, its rotation, or nothing at all. */
export class UpdateLayer implements FakeMiniPaintAction {
  readonly #editor: FakeMiniPaint;
  readonly #id: number;
  readonly #settings: FakeMiniPaintSettings;
  #before: FakeMiniPaintSettings = {};

  constructor(editor: FakeMiniPaint, id: number, settings: FakeMiniPaintSettings) {
    this.#editor = editor;
    this.#id = id;
    this.#settings = settings;
  }

  do(): void {
    const layer = this.#layer();
    const keys = Object.keys(this.#settings) as (keyof FakeMiniPaintLayer)[];
    this.#before = Object.fromEntries(keys.map((key) => [key, layer[key]]));
    Object.assign(layer, this.#settings);
    this.#editor.show();
  }

  undo(): void {
    Object.assign(this.#layer(), this.#before);
    this.#editor.show();
  }

  free(): void {
    this.#before = {};
  }

  #layer(): FakeMiniPaintLayer {
    const layer = this.#editor.Layers.get_layer(this.#id);
    if (layer === null) throw new Error("Aborted - layer with specified id doesn't exist");
    return layer;
  }
}

/**
 * Gives a layer's element another file. The file before it goes into the image store, unless the layer says that it is there
 * already: whoever changes the element otherwise and leaves that key behind gets an older picture back at an undo.
 */
export class UpdateLayerImage implements FakeMiniPaintAction {
  readonly #editor: FakeMiniPaint;
  readonly #layer: FakeMiniPaintLayer;
  readonly #canvas: HTMLCanvasElement;
  #oldKey: number | undefined;
  #newKey: number | undefined;
  #oldLinkKey: number | undefined;

  constructor(editor: FakeMiniPaint, layer: FakeMiniPaintLayer, canvas: HTMLCanvasElement) {
    this.#editor = editor;
    this.#layer = layer;
    this.#canvas = canvas;
  }

  async do(): Promise<void> {
    const { store } = this.#editor;
    const file = this.#newKey === undefined ? this.#canvas.toDataURL() : await store.get(this.#newKey);
    this.#oldKey ??= this.#layer._link_database_id ?? (await store.add(this.#layer.link!.src));
    this.#newKey ??= await store.add(file);
    this.#layer.link!.src = file;
    this.#oldLinkKey = this.#layer._link_database_id;
    this.#layer._link_database_id = this.#newKey;
    this.#editor.show();
  }

  async undo(): Promise<void> {
    this.#layer.link!.src = await this.#editor.store.get(this.#oldKey!);
    this.#layer._link_database_id = this.#oldLinkKey;
    this.#editor.show();
  }

  free(): void {
    this.#oldKey = undefined;
  }
}

/** Makes another layer active. */
export class SelectLayer implements FakeMiniPaintAction {
  readonly #editor: FakeMiniPaint;
  readonly #id: number;
  #before: FakeMiniPaintLayer | undefined;

  constructor(editor: FakeMiniPaint, id: number) {
    this.#editor = editor;
    this.#id = id;
  }

  do(): void {
    const { AppConfig: config, Layers } = this.#editor;
    const layer = Layers.get_layer(this.#id);
    if (layer === null || layer === config.layer) throw new Error("Aborted - Layer already selected");
    this.#before = config.layer;
    config.layer = layer;
    this.#editor.show();
  }

  undo(): void {
    this.#editor.AppConfig.layer = this.#before!;
    this.#editor.show();
  }

  free(): void {
    this.#before = undefined;
  }
}
