import type { DocumentKey } from "../state.js";
import { script, type PhotopeaScript } from "../script.js";
import { library } from "./library.js";

/**
 * Gives the selection out as a PNG of the document's size whose alpha says how much of each pixel is selected, by way of a
 * copy of the document. Gives up with `no-selection` if the copy has none: then only the selection's bounds are known, since
 * to draw it in the user's own document would leave steps in its history.
 *
 * @param key - the document
 * @param scratch - name of the copy
 * @returns the script
 */
export function exportSelection(key: DocumentKey, scratch: string): PhotopeaScript {
  return script`${library}
  var doc = findDocument(${key});
  var copy, layer, white, i, expected = null, found;
  if (doc.selection && doc.selection.bounds) { expected = boundsOf(doc.selection); }
  if (!expected) { fail("nothing-selected", "nothing is selected any more"); }
  try {
    copy = addScratch(doc, ${scratch}, true);
    app.activeDocument = copy;
    if (!copy.selection || !copy.selection.bounds) { fail("no-selection", "the copy has no selection"); }
    found = boundsOf(copy.selection);
    for (i = 0; i < 4; i++) {
      if (found[i] !== expected[i]) { fail("no-selection", "the copy has another selection"); }
    }
    layer = copy.artLayers.add();
    if (!layer) { layer = copy.activeLayer; }
    white = new SolidColor();
    white.rgb.red = 255;
    white.rgb.green = 255;
    white.rgb.blue = 255;
    copy.activeLayer = layer;
    copy.selection.fill(white);
    showOnly(copy, layer);
    begin();
    copy.saveToOE("png");
  } catch (problem) {
    closeScratch(${scratch});
    app.activeDocument = doc;
    throw problem;
  }
  closeScratch(${scratch});
  app.activeDocument = doc;`;
}
