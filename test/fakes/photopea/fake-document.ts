import { PixelImage, type ColorSpace, type Rect } from "../../../src/sdk/image/index.js";
import { findLayerState, insertAbove, replaceLayerState, type FakeLayerState } from "./layer-state.js";

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
  /** The colour space of its samples. */
  readonly colorSpace: ColorSpace;
  /** Topmost first. */
  readonly layers: readonly FakeLayerState[];
  /** Whether a script made it, not a person; then layers arrive in it at once. */
  readonly isScripted?: boolean;
}

/** A document of a fake Photopea: layers, a selection, a history. What scripts see of it is in `script-objects.ts`. */
export class FakeDocument {
  /** What people call it; changing it is no step of the history. */
  name: string;
  /** Where it came from; may be written. */
  source: string;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** What is selected: 255 inside; undefined if nothing is. */
  mask: Uint8Array | undefined;
  /** The colour space of its samples. */
  readonly colorSpace: ColorSpace;
  /** Whether a script made it, not a person. */
  readonly isScripted: boolean;
  /** Ids of the layers that are chosen; the first one is the active one. */
  chosen: readonly number[];
  readonly #undo: (readonly FakeLayerState[])[] = [];
  #redo: (readonly FakeLayerState[])[] = [];
  #states: readonly FakeLayerState[];

  constructor(init: FakeDocumentInit) {
    this.name = init.name;
    this.source = init.source;
    this.width = init.width;
    this.height = init.height;
    this.colorSpace = init.colorSpace;
    this.isScripted = init.isScripted ?? false;
    this.#states = init.layers;
    this.chosen = init.layers.slice(0, 1).map(({ id }) => id);
  }

  /** All layers as they are, topmost first. */
  get states(): readonly FakeLayerState[] {
    return this.#states;
  }

  /** Steps that can be undone. */
  get historyLength(): number {
    return this.#undo.length;
  }

  /** Id of the active layer. */
  get activeId(): number | undefined {
    return this.chosen[0];
  }

  /** A layer as it is. */
  state(id: number): FakeLayerState {
    const state = findLayerState(this.#states, id);
    if (state === undefined) throw new Error("the layer does not exist");
    return state;
  }

  /** Adds a layer above another one, or on top of all, and chooses it: one step. */
  insert(state: FakeLayerState, above?: number): void {
    this.edit(insertAbove(this.#states, above, state));
    this.chosen = [state.id];
  }

  /** Changes a layer, or takes it away: one step. */
  change(id: number, change: (layer: FakeLayerState) => FakeLayerState | undefined): void {
    this.state(id);
    this.edit(replaceLayerState(this.#states, id, change));
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

  /** The rectangle around what is selected; undefined if nothing is. */
  selectedBounds(): Rect | undefined {
    if (this.mask === undefined) return undefined;
    let [left, top, right, bottom] = [this.width, this.height, 0, 0];
    this.mask.forEach((value, index) => {
      if (value === 0) return;
      const [x, y] = [index % this.width, Math.floor(index / this.width)];
      [left, top] = [Math.min(left, x), Math.min(top, y)];
      [right, bottom] = [Math.max(right, x + 1), Math.max(bottom, y + 1)];
    });
    return { x: left, y: top, width: right - left, height: bottom - top };
  }

  #show(states: readonly FakeLayerState[]): void {
    this.#states = states;
    const chosen = this.chosen.filter((id) => findLayerState(states, id) !== undefined);
    this.chosen = chosen.length > 0 ? chosen : states.slice(0, 1).map(({ id }) => id);
  }
}

/** A layer of a picture, at the document's origin. */
export function plainLayer(image: PixelImage, id: number): FakeLayerState {
  return {
    id,
    name: "Background",
    image,
    mask: undefined,
    left: 0,
    top: 0,
    width: image.width,
    height: image.height,
    opacity: 100,
    blendMode: "NORMAL",
    visible: true,
    kind: "NORMAL",
    allLocked: false,
    children: undefined,
  };
}

/** An empty layer of a document's size. */
export function emptyLayer({ width, height, colorSpace }: FakeDocument, id: number): FakeLayerState {
  const data = new Uint8Array(width * height * 4);
  return {
    ...plainLayer(new PixelImage({ width, height, channels: 4, data, colorSpace }), id),
    name: "Layer",
  };
}

/** The mask of a selected rectangle. */
export function selectRect({ width, height }: FakeDocument, rect: Rect): Uint8Array {
  return selectWhere(width, height, (x, y) => {
    return x >= rect.x && y >= rect.y && x < rect.x + rect.width && y < rect.y + rect.height;
  });
}

/** The mask of a selected polygon, pixel by pixel by their centres. */
export function selectPolygon(
  { width, height }: FakeDocument,
  corners: readonly (readonly [number, number])[],
): Uint8Array {
  return selectWhere(width, height, (column, row) => {
    const [x, y] = [column + 0.5, row + 0.5];
    let isInside = false;
    corners.forEach(([endX, endY], index) => {
      const [startX, startY] = corners[(index + corners.length - 1) % corners.length]!;
      if (startY > y === endY > y) return;
      if (x < startX + ((y - startY) * (endX - startX)) / (endY - startY)) isInside = !isInside;
    });
    return isInside;
  });
}

function selectWhere(width: number, height: number, isInside: (x: number, y: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: width * height }, (_, index) =>
    isInside(index % width, Math.floor(index / width)) ? 255 : 0,
  );
}
