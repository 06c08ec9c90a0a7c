import type { DocumentKey } from "../state.js";
import { script, type PhotopeaScript } from "../script.js";
import { library } from "./library.js";

/**
 * Looks whether a copied layer has arrived in the user's document; tells null while it has not.
 *
 * @param key - the document
 * @param before - how many layers it had
 * @returns the script
 */
export function hasArrived(key: DocumentKey, before: number): PhotopeaScript {
  return script`${library}
  tell(findDocument(${key}).layers.length > ${before} ? true : null);`;
}

/**
 * Makes a layer that has arrived the active one, takes the replaced one away and closes what was opened for it. If the
 * replaced layer cannot be taken away, the new one is.
 *
 * @param key - the document
 * @param replacedId - the layer under it that it replaces; undefined if it is an additional one
 * @param scratch - start of the names of the documents to close
 * @returns the script
 */
export function finishPlacing(
  key: DocumentKey,
  replacedId: string | undefined,
  scratch: string,
): PhotopeaScript {
  return script`${library}
  var doc = findDocument(${key});
  var added = doc.layers[0], replaced, before = doc.layers.length;
  app.activeDocument = doc;
  if (${replacedId ?? null} !== null) {
    replaced = findLayer(doc.layers, ${replacedId ?? ""});
    if (replaced) { attempt(function () { replaced.remove(); }); }
    if (doc.layers.length !== before - 1) {
      added.remove();
      closeScratch(${scratch});
      app.activeDocument = doc;
      fail("locked-layer", "the layer cannot be replaced; is it locked?");
    }
  }
  if (!(doc.activeLayer == doc.layers[0])) { doc.activeLayer = doc.layers[0]; }
  attempt(function () { closeScratch(${scratch}); });
  app.activeDocument = doc;
  tell(true);`;
}
