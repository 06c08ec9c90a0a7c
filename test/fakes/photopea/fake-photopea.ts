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
import { plainLayer, selectRect, type FakeDocument } from "./fake-document.js";
import { replaceLayerState, type FakeLayerState } from "./layer-state.js";
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
  /** Whether nothing of it may be changed; false if left out. */
  readonly allLocked?: boolean;
  /** Whether it stands in a group of its own. */
  readonly grouped?: boolean;
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
 * files that are opened and saved, and all the bad habits of {@link PhotopeaVices}. For tests of what talks to Photopea, in
 * Node or in a page that allows `Function` (scripts are run with it, as the editor itself would).
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
  readonly #turns = new TurnQueue();
  readonly #reply: (message: unknown) => void;
  readonly #said: unknown[] = [];

  /** @param reply - sends a message to whoever posts to this Photopea */
  constructor(reply: (message: unknown) => void) {
    this.#reply = reply;
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
      depth: picture !== undefined && picture.bitDepth > 8 ? 16 : 8,
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
    document.activeId = document.states[index]!.id;
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
    this.#app.activeDocument.artLayers.add();
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
      layers: document.states.map(({ id, name, image, left, top, opacity, visible }) => ({
        id,
        name,
        image: image && new PixelImage({ ...image, colorSpace: document.colorSpace }),
        geometry: [left, top, opacity] as const,
        visible,
      })),
    }));
  }

  /** A script that throws, or does not even parse, is answered as one that runs. */
  #run(source: string): void {
    this.scripts.push(source);
    for (const message of this.#app.vices.babble) this.#app.say(message);
    try {
      // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the fake stands in for an editor that runs scripts
      const run = new Function("app", "SaveOptions", "ElementPlacement", "BlendMode", "SolidColor", source);
      Reflect.apply(run, undefined, [
        this.#app.scripted,
        { DONOTSAVECHANGES: "DONOTSAVECHANGES" },
        { PLACEATBEGINNING: "PLACEATBEGINNING" },
        { NORMAL: "NORMAL" },
        class {
          rgb = { red: 0, green: 0, blue: 0 };
        },
      ]);
    } catch {
      // Photopea says nothing either.
    }
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
    const image = isPng(bytes) ? (await decodePng(bytes)).image : await decodeInBrowser(bytes);
    const { width, height, colorSpace } = image;
    const layers = [this.#makeLayer({ image })];
    this.#app.addDocument({ width, height, name: "image", source: "", depth: 8, colorSpace, layers });
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
    const { image, grouped = false, ...rest } = layer;
    const picture = hasPixels(image) ? convertBitDepth(new PixelImage(image), 8) : undefined;
    const base = picture ?? new PixelImage({ width: 1, height: 1, channels: 1, data: new Uint8Array(1) });
    const { width, height } = image;
    const state = { ...plainLayer(base), ...rest, image: picture, width, height, id: this.#app.nextId() };
    if (!grouped) return state;
    return {
      ...plainLayer(base),
      id: this.#app.nextId(),
      name: "Group",
      image: undefined,
      children: [state],
    };
  }

  #changeLowest(change: (layer: FakeLayerState) => FakeLayerState | undefined): void {
    const document: FakeDocument = this.#app.activeDocument;
    const lowest = document.states.at(-1);
    if (lowest === undefined) throw new RangeError("the document has no layer");
    document.edit(replaceLayerState(document.states, lowest.id, change));
  }
}

function hasPixels(image: FakePhotopeaLayer["image"]): image is PixelImageInit {
  return "data" in image;
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
