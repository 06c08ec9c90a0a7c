import { PixelImage, type ColorSpace, type Rect } from "../../../src/sdk/image/index.js";
import { composeLayers } from "./compose-layers.js";
import type { FakeApp } from "./fake-app.js";
import { findLayerState, replaceLayerState, type FakeLayerState } from "./layer-state.js";

/** What a document of a fake Photopea is made from. */
export interface FakeDocumentInit {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** What people call it. */
  readonly name: string;
  /** Where it came from, as `local,1,NAME`; empty for a new one. */
  readonly source: string;
  /** Bits per channel that it claims to have; its samples have 8 in any case. */
  readonly depth: 8 | 16;
  /** The colour space of its samples. */
  readonly colorSpace: ColorSpace;
  /** Topmost first. */
  readonly layers: readonly FakeLayerState[];
  /** Whether a script made it, not a person; then layers arrive in it at once. */
  readonly isScripted?: boolean;
}

/** A length as Photopea's scripts see it. */
interface UnitValue {
  readonly value: number;
}

const units = (...lengths: number[]): UnitValue[] => lengths.map((value) => ({ value }));

/** A document of a fake Photopea, with the names that scripts use. */
export class FakeDocument {
  /** What people call it; changing it is no step of the history. */
  name: string;
  /** Where it came from; may be written. */
  source: string;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** Pixels per inch. */
  readonly resolution = 72;
  /** Scripts' name for RGB. */
  readonly mode = "DocumentMode.RGB";
  /** 255 inside; undefined if nothing is selected. */
  mask: Uint8Array | undefined;
  /** Scripts' name for the depth. */
  readonly bitsPerChannel: string;
  /** Scripts' name for the colour space. */
  readonly colorProfileName: string;
  /** Bits per channel that it claims to have. */
  readonly depth: 8 | 16;
  /** The colour space of its samples. */
  readonly colorSpace: ColorSpace;
  /** Whether a script made it, not a person. */
  readonly isScripted: boolean;
  /** What is selected, as scripts see it. */
  readonly selection: FakeSelection;
  /** Id of the active layer. */
  activeId: number | undefined;
  readonly #app: FakeApp;
  readonly #wrappers = new Map<number, FakeLayer>();
  readonly #undo: (readonly FakeLayerState[])[] = [];
  #redo: (readonly FakeLayerState[])[] = [];
  #states: readonly FakeLayerState[];

  constructor(app: FakeApp, init: FakeDocumentInit) {
    this.#app = app;
    this.name = init.name;
    this.source = init.source;
    this.width = init.width;
    this.height = init.height;
    this.depth = init.depth;
    this.colorSpace = init.colorSpace;
    this.bitsPerChannel = init.depth === 16 ? "BitsPerChannelType.SIXTEEN" : "BitsPerChannelType.EIGHT";
    this.colorProfileName = init.colorSpace === "srgb" ? "sRGB IEC61966-2.1" : "Display P3";
    this.isScripted = init.isScripted ?? false;
    this.#states = init.layers;
    this.activeId = init.layers[0]?.id;
    this.selection = new FakeSelection(this);
  }

  /** All layers as they are, topmost first. */
  get states(): readonly FakeLayerState[] {
    return this.#states;
  }

  /** Steps that can be undone. */
  get historyLength(): number {
    return this.#undo.length;
  }

  get layers(): FakeLayer[] {
    return this.#states.map(({ id }) => this.layer(id));
  }

  get artLayers(): { add(): FakeLayer } {
    return {
      add: () => {
        const { width, height, colorSpace } = this;
        const image = new PixelImage({
          width,
          height,
          channels: 4,
          data: new Uint8Array(width * height * 4),
          colorSpace,
        });
        return this.insert({ ...plainLayer(image), name: "Layer" });
      },
    };
  }

  get activeLayer(): FakeLayer | null {
    return this.activeId === undefined ? null : this.layer(this.activeId);
  }

  set activeLayer(layer: FakeLayer | null) {
    this.activeId = layer?.id;
  }

  /** A layer as scripts see it: always the same object for the same layer. */
  layer(id: number): FakeLayer {
    let wrapper = this.#wrappers.get(id);
    if (wrapper === undefined) this.#wrappers.set(id, (wrapper = new FakeLayer(this, id)));
    return wrapper;
  }

  /** Adds a layer on top: one step. */
  insert(state: Omit<FakeLayerState, "id">): FakeLayer {
    const id = this.#app.nextId();
    this.edit([{ ...state, id }, ...this.#states]);
    this.activeId = id;
    return this.layer(id);
  }

  /** Changes the layers: one step. */
  edit(states: readonly FakeLayerState[]): void {
    this.#undo.push(this.#states);
    this.#redo = [];
    this.#show(states);
  }

  /** Takes a step back; false if there is none. */
  undo(): boolean {
    const before = this.#undo.pop();
    if (before === undefined) return false;
    this.#redo.push(this.#states);
    this.#show(before);
    return true;
  }

  /** Does a step again; false if there is none. */
  redo(): boolean {
    const after = this.#redo.pop();
    if (after === undefined) return false;
    this.#undo.push(this.#states);
    this.#show(after);
    return true;
  }

  duplicate(name: string): FakeDocument {
    const { width, height, source, depth, colorSpace } = this;
    const layers = this.#states;
    const isScripted = true;
    const copy = this.#app.addDocument({
      width,
      height,
      name,
      source,
      depth,
      colorSpace,
      layers,
      isScripted,
    });
    if (this.#app.vices.copyKeepsSelection) copy.mask = this.mask?.slice();
    return copy;
  }

  close(how: string): void {
    if (how !== "DONOTSAVECHANGES") throw new Error("a dialog asks whether to save");
    this.#app.removeDocument(this);
  }

  saveToOE(format: string): void {
    if (format !== "png") throw new Error(`the fake saves no ${format}`);
    this.#app.exportImage(composeLayers(this.#states, this.width, this.height, this.colorSpace));
  }

  get app(): FakeApp {
    return this.#app;
  }

  #show(states: readonly FakeLayerState[]): void {
    this.#states = states;
    if (this.activeId !== undefined && findLayerState(states, this.activeId)) return;
    this.activeId = states[0]?.id;
  }
}

/** A layer of a fake Photopea, with the names that scripts use. */
export class FakeLayer {
  /** Unique in its document. */
  readonly id: number;
  readonly #document: FakeDocument;

  constructor(document: FakeDocument, id: number) {
    this.#document = document;
    this.id = id;
  }

  /** The layer as it is. */
  get state(): FakeLayerState {
    const state = findLayerState(this.#document.states, this.id);
    if (state === undefined) throw new Error("the layer does not exist");
    return state;
  }

  get typename(): string {
    return this.state.children === undefined ? "ArtLayer" : "LayerSet";
  }

  get layers(): FakeLayer[] | undefined {
    return this.state.children?.map(({ id }) => this.#document.layer(id));
  }

  /** Cannot be read while something is selected. */
  get bounds(): UnitValue[] {
    if (this.#document.mask !== undefined)
      throw new Error("bounds are not there while something is selected");
    const { left, top, width, height } = this.state;
    return units(left, top, left + width, top + height);
  }

  get name(): string {
    return this.state.name;
  }
  set name(name: string) {
    this.#change({ name });
  }

  get visible(): boolean {
    return this.state.visible;
  }
  set visible(visible: boolean) {
    this.#change({ visible });
  }

  get opacity(): number {
    return this.state.opacity;
  }
  set opacity(opacity: number) {
    this.#changeUnlocked({ opacity });
  }

  get blendMode(): string {
    return this.state.blendMode;
  }
  set blendMode(blendMode: string) {
    this.#changeUnlocked({ blendMode });
  }

  get allLocked(): boolean {
    return this.state.allLocked;
  }
  set allLocked(allLocked: boolean) {
    this.#change({ allLocked });
  }

  translate(x: number, y: number): void {
    const { left, top } = this.state;
    this.#changeUnlocked({ left: left + x, top: top + y });
  }

  /** Copies the layer to the top of another document, at the same place. Photopea need not return the copy, so it does not. */
  duplicate(target: FakeDocument, placement: string): void {
    if (placement !== "PLACEATBEGINNING") throw new Error(`the fake does not place ${placement}`);
    const state = this.state;
    if (target.colorSpace !== this.#document.colorSpace) throw new Error("the copy would change its colours");
    const { lateLayers } = target.app.vices;
    if (lateLayers > 0 && !target.isScripted) setTimeout(() => target.insert(state), lateLayers);
    else target.insert(state);
  }

  remove(): void {
    if (this.state.allLocked) throw new Error("the layer is locked");
    this.#document.edit(replaceLayerState(this.#document.states, this.id, () => undefined));
  }

  #changeUnlocked(change: Partial<FakeLayerState>): void {
    if (this.state.allLocked) throw new Error("the layer is locked");
    this.#change(change);
  }

  #change(change: Partial<FakeLayerState>): void {
    const document = this.#document;
    document.edit(replaceLayerState(document.states, this.id, (state) => ({ ...state, ...change })));
  }
}

/** What is selected in a document of a fake Photopea. The object is always there; without a selection it has no bounds. */
class FakeSelection {
  readonly #document: FakeDocument;

  constructor(document: FakeDocument) {
    this.#document = document;
  }

  get bounds(): UnitValue[] | null {
    const { mask, width, height } = this.#document;
    if (mask === undefined) return null;
    const bounds = { left: width, top: height, right: 0, bottom: 0 };
    mask.forEach((value, index) => {
      if (value === 0) return;
      const [x, y] = [index % width, Math.floor(index / width)];
      bounds.left = Math.min(bounds.left, x);
      bounds.top = Math.min(bounds.top, y);
      bounds.right = Math.max(bounds.right, x + 1);
      bounds.bottom = Math.max(bounds.bottom, y + 1);
    });
    return units(bounds.left, bounds.top, bounds.right, bounds.bottom);
  }

  fill(color: { readonly rgb: { red: number; green: number; blue: number } }): void {
    const document = this.#document;
    const { mask, activeId } = document;
    if (mask === undefined || activeId === undefined) throw new Error("nothing is selected");
    const fillState = (state: FakeLayerState): FakeLayerState => {
      const image = state.image!.clone();
      mask.forEach((value, index) => {
        if (value > 0) image.data.set([color.rgb.red, color.rgb.green, color.rgb.blue, value], index * 4);
      });
      return { ...state, image };
    };
    document.edit(replaceLayerState(document.states, activeId, fillState));
  }
}

/** A layer of a picture, at the document's origin. */
export function plainLayer(image: PixelImage): Omit<FakeLayerState, "id"> {
  return {
    name: "Background",
    image,
    left: 0,
    top: 0,
    width: image.width,
    height: image.height,
    opacity: 100,
    blendMode: "NORMAL",
    visible: true,
    allLocked: false,
    children: undefined,
  };
}

/** The mask of a selected rectangle. */
export function selectRect({ width, height }: FakeDocument, rect: Rect): Uint8Array {
  return Uint8Array.from({ length: width * height }, (_, index) => {
    const [x, y] = [index % width, Math.floor(index / width)];
    const isInside = x >= rect.x && y >= rect.y && x < rect.x + rect.width && y < rect.y + rect.height;
    return isInside ? 255 : 0;
  });
}
