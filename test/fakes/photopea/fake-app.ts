import { encodePng, PixelImage } from "../../../src/sdk/image/index.js";
import { composeLayers } from "./compose-layers.js";
import { encodePsd } from "./encode-psd.js";
import { FakeDocument, plainLayer, type FakeDocumentInit } from "./fake-document.js";
import { insertAbove, replaceLayerState, type FakeLayerState } from "./layer-state.js";
import { loadSharp } from "./load-sharp.js";
import { ScriptAborted } from "./script-engine.js";
import { likePhotoshop, type PhotopeaUnknowns } from "./unknowns.js";
import { mildVices, type PhotopeaVices } from "./vices.js";

/** The editor behind a fake Photopea's scripts: its documents, and what its scripts say. */
export class FakeApp {
  /** How it misbehaves; may be changed at any time. */
  vices: PhotopeaVices = mildVices;
  /** How it is where nobody knows. */
  unknowns: PhotopeaUnknowns = likePhotoshop;
  /** The documents that are open, in the order in which they were opened. */
  readonly documents: FakeDocument[] = [];
  /** Documents that were ever made, those of posted files included. */
  documentCount = 0;
  /** Members that scripts have read and that nobody knows the real one to have, as `Document.bitsPerChannel`. */
  readonly strange = new Set<string>();
  /** Whether the script that runs has ended without a word. */
  isAborted = false;
  /** Whether nothing is dealt with any more. */
  isHung = false;
  /** How many messages nobody will answer from now on. */
  lostMessages = 0;
  /** Opens a file as a document; for `app.open`. */
  openFile: (bytes: Uint8Array) => Promise<void> = () => Promise.reject(new Error("nothing opens files"));
  /** Reads a file's picture; for `app.open`. */
  readFile: (bytes: Uint8Array) => Promise<PixelImage> = () =>
    Promise.reject(new Error("nothing reads files"));
  #active: FakeDocument | undefined;
  /** Files are encoded while later things are said, but keep their place. */
  readonly #said: unknown[] = [];
  readonly #numbers = new Map<FakeDocument, number>();
  #lastId = 0;

  get activeDocument(): FakeDocument {
    if (this.#active === undefined) throw new Error("no document is open");
    return this.#active;
  }

  set activeDocument(document: FakeDocument) {
    if (!this.documents.includes(document)) throw new Error("the document is not open");
    this.#active = document;
  }

  /** What was said since the last call, in order. */
  async takeSaid(): Promise<unknown[]> {
    const said = await Promise.all(this.#said.splice(0));
    return this.vices.reorders ? said.reverse() : said;
  }

  /** Says something to whoever posted the script. */
  say(what: unknown): void {
    const { rewrites } = this.vices;
    this.#said.push(
      typeof what === "string" && rewrites !== undefined ? rewrites.replace("%", () => what) : what,
    );
  }

  /** Gives a document out, as often as the vices say. */
  exportDocument(document: FakeDocument, format: string): void {
    const { width, height, colorSpace, states } = document;
    const image = composeLayers(states, width, height, colorSpace);
    for (let copy = 0; copy < this.vices.filesPerSave; copy++) {
      const file = format.startsWith("psd") ? Promise.resolve(encodePsd(image)) : encode(image, format);
      this.#said.push(file.then((bytes) => (this.vices.typedArrays ? viewOf(bytes) : bytes.buffer)));
    }
  }

  /** Opens a document and makes it the active one. */
  addDocument(init: FakeDocumentInit): FakeDocument {
    const document = new FakeDocument(init);
    this.documents.push(document);
    this.documentCount++;
    this.#numbers.set(document, this.documentCount);
    this.#active = document;
    this.#said.push("done");
    return document;
  }

  /** `documents.add`: sRGB, with one opaque white layer. */
  addEmpty(width: number, height: number, name: string): FakeDocument {
    const data = new Uint8Array(width * height * 4).fill(255);
    const layers = [plainLayer(new PixelImage({ width, height, channels: 4, data }), this.nextId())];
    return this.addDocument({
      width,
      height,
      name,
      source: "",
      colorSpace: "srgb",
      layers,
      isScripted: true,
    });
  }

  /** `Document.duplicate`. */
  copyDocument(document: FakeDocument, name: string): FakeDocument {
    const { width, height, source, colorSpace, states: layers } = document;
    const copy = this.addDocument({ width, height, name, source, colorSpace, layers, isScripted: true });
    if (this.vices.copyKeepsSelection) copy.mask = document.mask?.slice();
    return copy;
  }

  /** `Layer.duplicate` into another document, at the same place there. */
  copyLayer(from: FakeDocument, state: FakeLayerState, target: FakeDocument): void {
    const copy = this.#numbered(state);
    // Nobody knows how colours change on the way into another colour space; that they do must not go unnoticed.
    const image = target.colorSpace === from.colorSpace ? copy.image : changed(copy.image);
    const insert = (): void => {
      const isAbove = this.unknowns.copiesLand === "above-active";
      target.insert({ ...copy, image }, isAbove ? target.activeId : undefined);
    };
    if (this.vices.lateLayers > 0 && !target.isScripted) setTimeout(insert, this.vices.lateLayers);
    else insert();
  }

  /** `Layer.move` above another one of its document. */
  moveLayer(document: FakeDocument, id: number, above: number): void {
    if (this.vices.moveHangs) {
      this.isHung = true;
      throw new ScriptAborted("it hangs");
    }
    if (!this.unknowns.moves) return;
    const state = document.state(id);
    const without = replaceLayerState(document.states, id, () => undefined);
    document.edit(insertAbove(without, above, state));
  }

  /** Gives the active layer of the active document a layer mask. */
  makeMask(): void {
    const { masks } = this.vices;
    if (masks === "abort") {
      this.isAborted = true;
      throw new ScriptAborted("no such action");
    }
    if (masks === "hangs") {
      this.lostMessages = 1;
      this.isAborted = true;
      throw new ScriptAborted("it hangs");
    }
    if (masks === "ignored") return;
    const document = this.activeDocument;
    document.change(document.activeId!, (layer) => {
      const { width, height, left, top } = layer;
      const mask = Uint8Array.from({ length: width * height }, (_, index) => {
        const [x, y] = [left + (index % width), top + Math.floor(index / width)];
        if (masks === "of-all" || document.mask === undefined) return 255;
        const isInside = x >= 0 && y >= 0 && x < document.width && y < document.height;
        return isInside ? document.mask[y * document.width + x]! : 0;
      });
      return { ...layer, mask };
    });
  }

  /** Closes a document. */
  removeDocument(document: FakeDocument): void {
    this.documents.splice(this.documents.indexOf(document), 1);
    this.#said.push("done");
    if (this.#active === document) this.#active = this.documents.at(-1);
  }

  /** `app.open`: the script is long over when the document is there, or the layer in the active one. */
  openUrl(url: string, isSmart: boolean): void {
    const into = isSmart ? this.activeDocument : undefined;
    void fetch(url)
      .then(async (response) => new Uint8Array(await response.arrayBuffer()))
      .then(async (bytes) => {
        if (into === undefined) return this.openFile(bytes);
        into.insert(plainLayer(await this.readFile(bytes), this.nextId()));
      });
  }

  /** An id that no layer has yet. */
  nextId(): number {
    return ++this.#lastId;
  }

  /** Tells documents apart. */
  numberOf(document: FakeDocument): number {
    return this.#numbers.get(document)!;
  }

  #numbered(state: FakeLayerState): FakeLayerState {
    const children = state.children?.map((child) => this.#numbered(child));
    return { ...state, id: this.nextId(), children };
  }
}

async function encode(image: PixelImage, format: string): Promise<Uint8Array<ArrayBuffer>> {
  if (format === "png") return encodePng(image);
  const [, quality] = /^jpg:([01](?:\.\d+)?)$/.exec(format) ?? [];
  if (quality === undefined) throw new Error(`the fake saves png, psd and jpg:QUALITY, not ${format}`);
  if (typeof OffscreenCanvas === "undefined") {
    const sharp = await loadSharp();
    const { width, height, channels, data } = image;
    const raw = sharp(data as Uint8Array, { raw: { width, height, channels: channels as 4 } });
    const file = await raw.jpeg({ quality: Math.round(Number(quality) * 100) }).toBuffer();
    return Uint8Array.from(file);
  }
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d")!.putImageData(image.toImageData(), 0, 0);
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: Number(quality) });
  return new Uint8Array(await blob.arrayBuffer());
}

function changed(image: PixelImage | undefined): PixelImage | undefined {
  return image?.withData(image.data.map((sample) => sample ^ 1));
}

function viewOf(file: Uint8Array): Uint8Array {
  const larger = new Uint8Array(file.length + 32);
  larger.set(file, 16);
  return larger.subarray(16, 16 + file.length);
}
