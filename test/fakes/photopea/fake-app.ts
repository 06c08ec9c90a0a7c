import { encodePng, PixelImage } from "../../../src/sdk/image/index.js";
import { FakeDocument, plainLayer, type FakeDocumentInit } from "./fake-document.js";
import { mildVices, type PhotopeaVices } from "./vices.js";

/** The `app` of a fake Photopea's scripts, and what they say. */
export class FakeApp {
  /** How it misbehaves; may be changed at any time. */
  vices: PhotopeaVices = mildVices;
  /** The documents that are open, in the order in which they were opened. */
  readonly documents: FakeDocument[] = [];
  /** Documents that were ever made, those of posted files included. */
  documentCount = 0;
  #active: FakeDocument | undefined;
  /** Files are encoded while later things are said, but keep their place. */
  readonly #said: unknown[] = [];
  #lastId = 0;

  /** What scripts see as `app`. */
  readonly scripted = this.#makeScripted();

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

  /** Gives a picture out, as often as the vices say. */
  exportImage(image: PixelImage): void {
    for (let copy = 0; copy < this.vices.filesPerSave; copy++) {
      this.#said.push(encodePng(image).then((file) => (this.vices.typedArrays ? viewOf(file) : file.buffer)));
    }
  }

  /** Opens a document and makes it the active one. */
  addDocument(init: FakeDocumentInit): FakeDocument {
    const document = new FakeDocument(this, init);
    this.documents.push(document);
    this.documentCount++;
    this.#active = document;
    this.#said.push("done");
    return document;
  }

  /** Closes a document. */
  removeDocument(document: FakeDocument): void {
    this.documents.splice(this.documents.indexOf(document), 1);
    this.#said.push("done");
    if (this.#active === document) this.#active = this.documents.at(-1);
  }

  /** An id that no layer has yet. */
  nextId(): number {
    return ++this.#lastId;
  }

  #makeScripted(): object {
    const add = this.#addEmpty.bind(this);
    const scripted = {
      echoToOE: this.say.bind(this),
      documents: new Proxy(this.documents, {
        get: (documents, property) =>
          property === "add" ? add : (Reflect.get(documents, property) as unknown),
      }),
    };
    return Object.defineProperty(scripted, "activeDocument", {
      get: () => this.activeDocument,
      set: (document: FakeDocument) => (this.activeDocument = document),
    });
  }

  /** `documents.add`: sRGB, with one opaque white layer. */
  #addEmpty(width: number, height: number, _resolution: number, name: string): FakeDocument {
    const data = new Uint8Array(width * height * 4).fill(255);
    const image = new PixelImage({ width, height, channels: 4, data });
    const layers = [{ ...plainLayer(image), id: this.nextId() }];
    return this.addDocument({
      width,
      height,
      name,
      source: "",
      depth: 8,
      colorSpace: "srgb",
      layers,
      isScripted: true,
    });
  }
}

function viewOf(file: Uint8Array): Uint8Array {
  const larger = new Uint8Array(file.length + 32);
  larger.set(file, 16);
  return larger.subarray(16, 16 + file.length);
}
