import type { LayerKey } from "../state.js";
import { script, type PhotopeaScript } from "../script.js";
import { library } from "./library.js";
import type { MakeMaskOptions } from "./make-mask.js";

/** Where a result goes. */
export interface PlaceLayerOptions extends MakeMaskOptions {
  /** The layer that it belongs above; undefined if that is gone, or it belongs on top. */
  readonly source: LayerKey | undefined;
  /** Whether it replaces that layer, and so looks like it. */
  readonly replaces: boolean;
  /** What the layer is called; that of a replaced layer stays. */
  readonly label: string;
  readonly width: number;
  readonly height: number;
}

/**
 * Copies the result into the user's document. Everything else, its name and its place, is settled in documents that are closed
 * again, so that the user's history gets one step. A new layer lands on top, or above the active layer: so the source is made
 * active before.
 *
 * Tells the ids of all layers that were there `before`, empty strings if layers have none; where the `source` was; what the new
 * layer is called, `name`, and what it shall be called, `label`. Those differ where only its name tells the new layer from
 * another one.
 */
export function placeLayer(options: PlaceLayerOptions): PhotopeaScript {
  const { key, source, replaces, scratch, copiesDocument, label, left, top, width, height } = options;
  return script`${library}
  var doc = findDocument(${key});
  var holder = findScratch(${scratch});
  var layer = holder.layers[0];
  var sourceKey = ${source ?? null};
  var source = sourceKey ? findLayer(doc, sourceKey) : null;
  var label = ${label}, name, list = listLayers(doc.layers, [], []), before = [], i;
  if (${replaces}) {
    if (!source) { fail("layer-gone", "the layer was deleted"); }
    if (source.layer.allLocked === true) { fail("locked-layer", "the layer cannot be replaced: it is locked"); }
    label = String(source.layer.name);
  }
  name = label;
  for (i = 0; i < list.length; i++) {
    before.push(idOf(list[i].layer));
    if (before[i] === "" && String(list[i].layer.name) === label) { name = ${scratch}; }
  }
  if (layer.allLocked === true) { layer.allLocked = false; }
  if (pixels(doc.width) !== ${width} || pixels(doc.height) !== ${height} || ${left} !== 0 || ${top} !== 0) {
    layer = stageLayer(layer, holder, doc, ${`${scratch}stage`}, ${copiesDocument}, ${left}, ${top});
    holder = findScratch(${`${scratch}stage`});
  }
  layer.name = name;
  if (source) {
    if (layer.opacity !== source.layer.opacity) { layer.opacity = source.layer.opacity; }
    if (layer.blendMode !== source.layer.blendMode) { layer.blendMode = source.layer.blendMode; }
  }
  if (${replaces}) { layer.visible = source.layer.visible; }
  app.activeDocument = doc;
  if (source || doc.layers.length > 0) { doc.activeLayer = source ? source.layer : doc.layers[0]; }
  app.activeDocument = holder;
  layer.duplicate(doc, ElementPlacement.PLACEATBEGINNING);
  tell({ before: before, source: source ? source.path : null, name: name, label: label });`;
}
