import type { PixelImage } from "../../../src/sdk/image/index.js";

/** A layer or group of a fake Photopea at one moment. Never changed: an edit puts another one in its place. */
export interface FakeLayerState {
  /** Unique in its document. */
  readonly id: number;
  /** What people call it. */
  readonly name: string;
  /** Its pixels; undefined for a group, and for a layer that only pretends to be large. */
  readonly image: PixelImage | undefined;
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
  /** Whether nothing of it may be changed. */
  readonly allLocked: boolean;
  /** The layers of a group, topmost first; undefined for a layer. */
  readonly children: readonly FakeLayerState[] | undefined;
}

/** Finds a layer in a tree. */
export function findLayerState(layers: readonly FakeLayerState[], id: number): FakeLayerState | undefined {
  for (const layer of layers) {
    const found = layer.id === id ? layer : findLayerState(layer.children ?? [], id);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A tree in which one layer is another, or is gone if `change` gives undefined. */
export function replaceLayerState(
  layers: readonly FakeLayerState[],
  id: number,
  change: (layer: FakeLayerState) => FakeLayerState | undefined,
): readonly FakeLayerState[] {
  return layers.flatMap((layer) => {
    if (layer.id === id) return change(layer) ?? [];
    if (layer.children === undefined) return layer;
    return { ...layer, children: replaceLayerState(layer.children, id, change) };
  });
}
