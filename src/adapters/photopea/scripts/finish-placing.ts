import type { DocumentKey, LayerKey } from "../state.js";
import { script, type PhotopeaScript } from "../script.js";
import { library } from "./library.js";

/**
 * Looks for the layer that was copied into the user's document: the one with an id that none had before, or, where layers have no
 * ids, with the name that none had. Tells it, or null while it is not there.
 *
 * @param before - the ids of the layers that it had; empty strings if layers have none
 * @param name - what the new layer is called
 */
export function findAdded(key: DocumentKey, before: readonly string[], name: string): PhotopeaScript {
  return script`${library}
  var list = listLayers(findDocument(${key}).layers, [], []), before = ${before}, added = null, i, j, id, isOld;
  if (list.length > before.length) {
    for (i = 0; i < list.length; i++) {
      id = idOf(list[i].layer);
      isOld = id === "" && String(list[i].layer.name) !== ${name};
      for (j = 0; j < before.length && id !== "" && !isOld; j++) { isOld = before[j] === id; }
      if (!isOld) { added = describe(list[i].layer, list[i].path); }
    }
  }
  tell(added);`;
}

/** Moves a layer right above another one. */
export function moveAbove(key: DocumentKey, added: LayerKey, source: LayerKey): PhotopeaScript {
  return script`${library}
  var doc = findDocument(${key}), added = findLayer(doc, ${added}), source = findLayer(doc, ${source});
  app.activeDocument = doc;
  if (added && source) { added.layer.move(source.layer, ElementPlacement.PLACEBEFORE); }
  tell(true);`;
}

/** Takes a layer away. Gives up with `locked-layer` if it stays. */
export function removeLayer(key: DocumentKey, layer: LayerKey): PhotopeaScript {
  return script`${library}
  var doc = findDocument(${key}), found = findLayer(doc, ${layer});
  var before = listLayers(doc.layers, [], []).length;
  app.activeDocument = doc;
  if (found) { found.layer.remove(); }
  if (found && listLayers(doc.layers, [], []).length >= before) { fail("locked-layer", "the layer stays; is it locked?"); }
  tell(true);`;
}

/**
 * Gives a layer that has arrived its name, makes it the active one and closes what was opened for it.
 *
 * @param scratch - start of the names of the documents to close
 */
export function finishPlacing(
  key: DocumentKey,
  added: LayerKey,
  label: string,
  scratch: string,
): PhotopeaScript {
  return script`${library}
  var doc = findDocument(${key}), added = findLayer(doc, ${added});
  app.activeDocument = doc;
  if (added) {
    if (String(added.layer.name) !== ${label}) { added.layer.name = ${label}; }
    doc.activeLayer = added.layer;
  }
  closeScratch(${scratch});
  app.activeDocument = doc;
  tell(true);`;
}
