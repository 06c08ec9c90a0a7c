import { TurnQueue } from "../../../src/sdk/base/index.js";
import {
  convertBitDepth,
  decodePng,
  isPng,
  PixelImage,
  type PixelImageInit,
  type Rect,
} from "../../../src/sdk/image/index.js";
import { FakeApp } from "./fake-app.js";
import { loadSharp } from "./load-sharp.js";
import { emptyLayer, plainLayer, selectRect, type FakeDocument } from "./fake-document.js";
import type { FakeLayerState } from "./layer-state.js";
import { ScriptEngine } from "./script-engine.js";
import { ScriptObjects } from "./script-objects.js";
import type { PhotopeaUnknowns } from "./unknowns.js";
import type { PhotopeaVices } from "./vices.js";

/** A layer for a fake Photopea to open. */
export interface FakePhotopeaLayer {
  /** Its pixels; only their size if it shall merely pretend to be large. */
  readonly image: PixelImageInit | Pick<PixelImageInit, "width" | "height">;
  /** What people call it; `"Background"` if left out. */
  readonly name?: string;
  /** First column in the document; 0 if left out. */
  readonly left?: number;
  /** First row in the document; 0 if left out. */
  readonly top?: number;
  /** 0 to 100; 100 if left out. */
  readonly opacity?: number;
  /** Whether it is drawn; true if left out. */
  readonly visible?: boolean;
  /** A name of `LayerKind`; `NORMAL`, a layer of pixels, if left out. */
  readonly kind?: string;
  /** Whether nothing of it may be changed; false if left out. */
  readonly allLocked?: boolean;
  /** Whether it stands in a group of its own. */
  readonly grouped?: boolean;
  /** The layers of a group, topmost first, if it is one. */
  readonly children?: readonly FakePhotopeaLayer[];
}

/** A document for a fake Photopea to open. */
export interface FakePhotopeaDocument {
  /** Topmost first; the first one is active. */
  readonly layers: readonly FakePhotopeaLayer[];
  /** In pixels; that of the first layer if left out. */
  readonly width?: number;
  /** In pixels; that of the first layer if left out. */
  readonly height?: number;
  /** What people call it; `"Photo"` if left out. */
  readonly name?: string;
  /** Where it came from; empty, as for a new one, if left out. */
  readonly source?: string;
}

/** What a person sees of a layer. */
export interface SeenLayer {
  /** Unique in its document. */
  readonly id: number;
  /** What people call it. */
  readonly name: string;
  /** Its pixels, if it has any. */
  readonly image: PixelImage | undefined;
  /** First column and row in the document, and opacity. */
  readonly geometry: readonly [left: number, top: number, opacity: number];
  /** Whether it is drawn. */
  readonly visible: boolean;
  /** Its layer mask: 255 where it shows; undefined if it has none. */
  readonly mask: Uint8Array | undefined;
  /** The layers of a group, topmost first; undefined for a layer. */
  readonly children: readonly SeenLayer[] | undefined;
}

/** What a person sees of a document. */
export interface SeenDocument {
  /** What people call it. */
  readonly name: string;
  /** Whether it is in front. */
  readonly isActive: boolean;
  /** Steps that can be undone. */
  readonly historyLength: number;
  /** Whether something is selected. */
  readonly hasSelection: boolean;
  /** Topmost first. */
  readonly layers: readonly SeenLayer[];
}

/**
 * Photopea's side of its messages, without Photopea: documents, layers, a selection and a history, scripts that work on them,
 * files that are opened and saved, what nobody knows of the real one ({@link PhotopeaUnknowns}), and all the bad habits of
 * {@link PhotopeaVices}. For tests of what talks to Photopea, in Node or in a page. Scripts run in an interpreter that takes
 * what Photopea's takes.
 *
 * The methods besides `receive` are what a person at the editor does.
 *
 * @example
 * ```ts
 * const photopea = new FakePhotopea((message) => panel.postMessage(message, panelOrigin));
 * photopea.open({ layers: [{ image: photo }] });
 * addEventListener("message", ({ data }) => photopea.receive(data));
 * ```
 */
export class FakePhotopea {
  /** Every script that was run, in order. */
  readonly scripts: string[] = [];
  readonly #app = new FakeApp();
  readonly #engine = new ScriptEngine(new ScriptObjects(this.#app).globals());
  readonly #turns = new TurnQueue();
  readonly #reply: (message: unknown) => void;
  readonly #said: unknown[] = [];

  /** @param reply - sends a message to whoever posts to this Photopea */
  constructor(reply: (message: unknown) => void) {
    this.#reply = reply;
    this.#app.openFile = (bytes) => this.#addFile(bytes);
    this.#app.readFile = readImage;
  }

  /** Members that scripts have read and that nobody knows the real Photopea to have. */
  get strangeMembers(): readonly string[] {
    return [...this.#app.strange];
  }

  /** Members that it does not have, as the vices say. */
  get lacks(): readonly string[] {
    return this.#app.vices.lacks;
  }

  /** How many documents were ever made, those of scripts and posted files included. */
  get documentCount(): number {
    return this.#app.documentCount;
  }

  /**
   * Takes a message: text is run as a script, a buffer is opened as a file, anything else means nothing.
   *
   * @param message - what was posted
   * @returns when it is dealt with and everything is said
   */
  receive(message: unknown): Promise<void> {
    if (this.#app.vices.silent) return Promise.resolve();
    return this.#turns.add(async () => {
      if (this.#app.isHung || this.#app.lostMessages-- > 0) return;
      if (typeof message === "string") this.#run(message);
      else if (message instanceof ArrayBuffer) await this.#load(new Uint8Array(message));
      else return;
      await this.#answer();
    });
  }

  /** Says that it has started, as Photopea does once. */
  greet(): void {
    this.#reply("done");
  }

  /** Changes some of its habits. */
  misbehave(vices: Partial<PhotopeaVices>): void {
    this.#app.vices = { ...this.#app.vices, ...vices };
    this.#app.isHung &&= this.#app.vices.moveHangs;
  }

  /** Decides some of what nobody knows. */
  settle(unknowns: Partial<PhotopeaUnknowns>): void {
    this.#app.unknowns = { ...this.#app.unknowns, ...unknowns };
  }

  /** Opens a document, as a person would. */
  open({ layers, name = "Photo", source = "", ...size }: FakePhotopeaDocument): void {
    const first = layers[0]?.image ?? { width: 1, height: 1 };
    const { width = first.width, height = first.height } = size;
    const picture = hasPixels(first) ? new PixelImage(first) : undefined;
    this.#app.addDocument({
      width,
      height,
      name,
      source,
      colorSpace: picture?.colorSpace ?? "srgb",
      layers: layers.map((layer) => this.#makeLayer(layer)),
    });
    this.#forgetSaid();
  }

  /** Opens a file, as a person would. */
  async openFile(bytes: Uint8Array): Promise<void> {
    await this.#addFile(bytes);
    this.#forgetSaid();
  }

  /** Closes the active document. */
  closeDocument(): void {
    this.#app.removeDocument(this.#app.activeDocument);
    this.#forgetSaid();
  }

  /** Makes a document the active one. */
  activateDocument(index: number): void {
    this.#app.activeDocument = this.#app.documents[index]!;
  }

  /** Makes a layer of the active document the active one; counted from the top. */
  activateLayer(index: number): void {
    const document = this.#app.activeDocument;
    document.chosen = [document.states[index]!.id];
  }

  /**
   * Chooses layers of the active document; the first is the active one.
   *
   * @param places - the way to each, counted from the top: `[1, 0]` is the first layer of the second group
   */
  chooseLayers(...places: readonly (readonly number[])[]): void {
    const document = this.#app.activeDocument;
    document.chosen = places.map((place) => {
      const [first, ...rest] = place;
      let state = document.states[first!]!;
      for (const index of rest) state = state.children![index]!;
      return state.id;
    });
  }

  /** Selects a rectangle of the active document, or nothing. */
  select(rect?: Rect): void {
    const document = this.#app.activeDocument;
    document.mask = rect && selectRect(document, rect);
  }

  /** Paints over a pixel of the lowest layer of the active document: one step. */
  paint(): void {
    this.#changeLowest((layer) => {
      const image = layer.image!.clone();
      for (let channel = 0; channel < Math.min(3, image.channels); channel++) {
        image.data[channel] = image.data[channel]! ^ 255;
      }
      return { ...layer, image };
    });
  }

  /** Moves the lowest layer of the active document and changes how it is drawn: one step. */
  arrange(change: Partial<Pick<FakeLayerState, "left" | "top" | "opacity" | "visible" | "allLocked">>): void {
    this.#changeLowest((layer) => ({ ...layer, ...change }));
  }

  /** Deletes the lowest layer of the active document: one step. */
  removeLowest(): void {
    this.#changeLowest(() => undefined);
  }

  /** Adds an empty layer on top of the active document: one step. */
  addLayer(): void {
    const document = this.#app.activeDocument;
    document.insert(emptyLayer(document, this.#app.nextId()));
  }

  /** Takes a step of the active document back. */
  undo(): boolean {
    return this.#app.activeDocument.undo();
  }

  /** Does a step of the active document again. */
  redo(): boolean {
    return this.#app.activeDocument.redo();
  }

  /** What a person sees. */
  look(): SeenDocument[] {
    const { documents } = this.#app;
    return documents.map((document) => ({
      name: document.name,
      isActive: document === this.#app.activeDocument,
      historyLength: document.historyLength,
      hasSelection: document.mask !== undefined,
      layers: document.states.map((state) => seen(state, document)),
    }));
  }

  /** A script that throws, or does not even parse, is answered as one that runs. */
  #run(source: string): void {
    this.scripts.push(source);
    for (const message of this.#app.vices.babble) this.#app.say(message);
    this.#app.isAborted = false;
    try {
      this.#engine.run(source, this.#app.unknowns);
    } catch {
      // Photopea says nothing either.
    }
    this.#app.isAborted = false;
  }

  async #load(bytes: Uint8Array): Promise<void> {
    const { lateFiles, documentsPerFile } = this.#app.vices;
    const add = async (): Promise<void> => {
      for (let count = 0; count < documentsPerFile; count++) await this.#addFile(bytes);
    };
    if (lateFiles > 0) setTimeout(() => void add(), lateFiles);
    else await add();
  }

  async #addFile(bytes: Uint8Array): Promise<void> {
    const image = await readImage(bytes);
    const { width, height, colorSpace } = image;
    const layers = [this.#makeLayer({ image })];
    this.#app.addDocument({ width, height, name: "image", source: "", colorSpace, layers });
  }

  async #answer(): Promise<void> {
    const said = await this.#app.takeSaid();
    const messages = this.#app.vices.replays ? [...this.#said, ...said] : said;
    this.#said.push(...said);
    if (this.#app.vices.mute) return;
    for (const message of [...messages, "done"]) this.#reply(message);
  }

  /** What a person does is not answered, but for a stray `"done"` of the documents that open or close. */
  #forgetSaid(): void {
    void this.#app.takeSaid().then((said) => said.forEach((message) => this.#reply(message)));
  }

  #makeLayer(layer: FakePhotopeaLayer): FakeLayerState {
    const { image, grouped = false, children, ...rest } = layer;
    const picture = hasPixels(image) ? convertBitDepth(new PixelImage(image), 8) : undefined;
    const base = picture ?? new PixelImage({ width: 1, height: 1, channels: 1, data: new Uint8Array(1) });
    const { width, height } = image;
    const empty = { ...plainLayer(base, 0), image: undefined };
    if (children !== undefined) {
      const layers = children.map((child) => this.#makeLayer(child));
      return { ...empty, ...rest, name: rest.name ?? "Group", children: layers, id: this.#app.nextId() };
    }
    const state = { ...plainLayer(base, this.#app.nextId()), ...rest, image: picture, width, height };
    return grouped ? { ...empty, id: this.#app.nextId(), name: "Group", children: [state] } : state;
  }

  #changeLowest(change: (layer: FakeLayerState) => FakeLayerState | undefined): void {
    const document: FakeDocument = this.#app.activeDocument;
    const lowest = document.states.at(-1);
    if (lowest === undefined) throw new RangeError("the document has no layer");
    document.change(lowest.id, change);
  }
}

function seen(state: FakeLayerState, document: FakeDocument): SeenLayer {
  const { id, name, image, left, top, opacity, visible, mask, children } = state;
  return {
    id,
    name,
    image: image && new PixelImage({ ...image, colorSpace: document.colorSpace }),
    geometry: [left, top, opacity],
    visible,
    mask,
    children: children?.map((child) => seen(child, document)),
  };
}

async function readImage(bytes: Uint8Array): Promise<PixelImage> {
  if (isPng(bytes)) return (await decodePng(bytes)).image;
  return typeof createImageBitmap === "undefined" ? decodeInNode(bytes) : decodeInBrowser(bytes);
}

function hasPixels(image: FakePhotopeaLayer["image"]): image is PixelImageInit {
  return "data" in image;
}

/** A photo, upright. */
async function decodeInNode(bytes: Uint8Array): Promise<PixelImage> {
  const sharp = await loadSharp();
  const upright = sharp(bytes, { failOn: "none" }).autoOrient().ensureAlpha().raw();
  const { data, info } = await upright.toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  return new PixelImage({ width, height, channels: 4, data: Uint8Array.from(data) });
}

/** A photo, upright, as the browser reads it. */
async function decodeInBrowser(bytes: Uint8Array): Promise<PixelImage> {
  const bitmap = await createImageBitmap(new Blob([Uint8Array.from(bytes)]));
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d")!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return PixelImage.fromImageData(context.getImageData(0, 0, canvas.width, canvas.height));
}
