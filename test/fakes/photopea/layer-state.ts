import type { PixelImage } from "../../../src/sdk/image/index.js";

/** A layer or group of a fake Photopea at one moment. Never changed: an edit puts another one in its place. */
export interface FakeLayerState {
  /** Unique in its document. */
  readonly id: number;
  /** What people call it. */
  readonly name: string;
  /** Its pixels; undefined for a group, and for a layer that only pretends to be large. */
  readonly image: PixelImage | undefined;
  /** Its layer mask: 255 where it shows, of the image's size; undefined if it has none. */
  readonly mask: Uint8Array | undefined;
  /** First column in the document. */
  readonly left: number;
  /** First row in the document. */
  readonly top: number;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** 0 to 100. */
  readonly opacity: number;
  /** Name of a blend mode. */
  readonly blendMode: string;
  /** Whether it is drawn. */
  readonly visible: boolean;
  /** A name of `LayerKind`; `NORMAL` for one of pixels. */
  readonly kind: string;
  /** Whether nothing of it may be changed. */
  readonly allLocked: boolean;
  /** The layers of a group, topmost first; undefined for a layer. */
  readonly children: readonly FakeLayerState[] | undefined;
}

type Layers = readonly FakeLayerState[];

/** Finds a layer in a tree. */
export function findLayerState(layers: Layers, id: number): FakeLayerState | undefined {
  for (const layer of layers) {
    const found = layer.id === id ? layer : findLayerState(layer.children ?? [], id);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A tree in which one layer is another, or is gone if `change` gives undefined. */
export function replaceLayerState(
  layers: Layers,
  id: number,
  change: (layer: FakeLayerState) => FakeLayerState | undefined,
): Layers {
  return spliceLayerState(layers, id, (layer) => {
    const changed = change(layer);
    return changed === undefined ? [] : [changed];
  });
}

/** A tree in which another layer stands right above one; on top of all if that is not there. */
export function insertAbove(layers: Layers, id: number | undefined, layer: FakeLayerState): Layers {
  if (id === undefined || findLayerState(layers, id) === undefined) return [layer, ...layers];
  return spliceLayerState(layers, id, (below) => [layer, below]);
}

function spliceLayerState(
  layers: Layers,
  id: number,
  change: (layer: FakeLayerState) => readonly FakeLayerState[],
): Layers {
  return layers.flatMap((layer) => {
    if (layer.id === id) return change(layer);
    if (layer.children === undefined) return layer;
    return { ...layer, children: spliceLayerState(layer.children, id, change) };
  });
}
