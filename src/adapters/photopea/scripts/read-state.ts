import type { DocumentKey, LayerKey } from "../state.js";
import { script, type PhotopeaScript } from "../script.js";
import { library } from "./library.js";

/**
 * Tells what is open and which layers are chosen, the active one first, as `stateSchema` has it. Changes nothing.
 *
 * @param key - the document to tell of; the active one if left out
 * @param layer - the layer to tell of, or none if that is gone; those that are chosen if left out
 */
export function readState(key?: DocumentKey, layer?: LayerKey): PhotopeaScript {
  return script`${library}
  var key = ${key ?? null}, layerKey = ${layer ?? null};
  var state = { count: app.documents.length, document: null, layers: [] };
  var doc, active, list, i, isActive, named = [];
  if (key || state.count > 0) {
    doc = key ? findDocument(key) : app.activeDocument;
    state.document = {
      source: sourceOf(doc), name: String(doc.name), index: -1, width: pixels(doc.width), height: pixels(doc.height),
      visible: 0
    };
    for (i = state.count - 1; i >= 0; i--) {
      if (app.documents[i] == doc) { state.document.index = i; }
    }
    for (i = 0; i < state.count && state.document.index < 0; i++) {
      if (sourceOf(app.documents[i]) === state.document.source && String(app.documents[i].name) === state.document.name) {
        state.document.index = i;
      }
    }
    for (i = 0; i < doc.layers.length; i++) {
      if (doc.layers[i].visible) { state.document.visible++; }
    }
    active = layerKey ? null : doc.activeLayer;
    if (layerKey) {
      list = findLayer(doc, layerKey);
      if (list) { state.layers.push(describe(list.layer, list.path)); }
    }
    if (active) {
      list = listLayers(doc.layers, [], []);
      for (i = 0; i < list.length; i++) {
        isActive = idOf(active) !== "" ? idOf(list[i].layer) === idOf(active) : list[i].layer == active;
        if (isActive) {
          state.layers.unshift(describe(list[i].layer, list[i].path));
        } else if (list[i].layer.selected === true) {
          state.layers.push(describe(list[i].layer, list[i].path));
        }
        if (String(list[i].layer.name) === String(active.name)) { named.push(list[i]); }
      }
      if (state.layers.length === 0 && named.length === 1) { state.layers.push(describe(named[0].layer, named[0].path)); }
    }
  }
  tell(state);`;
}
