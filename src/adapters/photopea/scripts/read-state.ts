import type { DocumentKey } from "../state.js";
import { script, type PhotopeaScript } from "../script.js";
import { library } from "./library.js";

/**
 * Tells what is open and active, as `parseState` reads it. Changes nothing.
 *
 * @param key - the document to tell of; the active one if left out
 * @returns the script
 */
export function readState(key?: DocumentKey): PhotopeaScript {
  return script`${library}
  var key = ${key ?? null};
  var state = { count: app.documents.length, document: null, layer: null, selection: null };
  var doc, layer, i;
  if (key || state.count > 0) {
    doc = key ? findDocument(key) : app.activeDocument;
    state.document = {
      source: sourceOf(doc), name: String(doc.name), index: -1, width: pixels(doc.width), height: pixels(doc.height),
      mode: String(doc.mode), depth: String(doc.bitsPerChannel), profile: String(doc.colorProfileName), visible: 0
    };
    for (i = 0; i < state.count; i++) {
      if (app.documents[i] == doc) { state.document.index = i; }
    }
    for (i = 0; i < doc.layers.length; i++) {
      if (doc.layers[i].visible) { state.document.visible++; }
    }
    layer = doc.activeLayer;
    if (layer) {
      state.layer = {
        id: String(layer.id), name: String(layer.name), type: String(layer.typename),
        isLocked: layer.allLocked === true
      };
    }
    if (doc.selection && doc.selection.bounds) { state.selection = boundsOf(doc.selection); }
  }
  tell(state);`;
}
