import type { DocumentKey } from "../state.js";
import { script, type PhotopeaScript } from "../script.js";
import { library } from "./library.js";

/**
 * Gives the selection out as a PNG of the document's size whose alpha says how much of each pixel is selected, by way of a
 * copy of the document. Gives up with `no-selection` if the copy has none: then only the selection's bounds are known, since
 * to draw it in the user's own document would leave steps in its history.
 */
export function exportSelection(key: DocumentKey, scratch: string): PhotopeaScript {
  return script`${library}
  var doc = findDocument(${key});
  var copy, layer, white, i, expected = boundsOf(doc.selection), found = null;
  try {
    copy = addScratch(doc, ${scratch}, true);
    app.activeDocument = copy;
    try { found = boundsOf(copy.selection); } catch (none) { found = null; }
    for (i = 0; i < 4; i++) {
      if (!found || found[i] !== expected[i]) { fail("no-selection", "the copy does not have the selection"); }
    }
    layer = copy.artLayers.add();
    if (!layer) { layer = copy.layers[0]; }
    white = new SolidColor();
    white.rgb.red = 255;
    white.rgb.green = 255;
    white.rgb.blue = 255;
    copy.activeLayer = layer;
    copy.selection.fill(white);
    showFirst(copy);
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
