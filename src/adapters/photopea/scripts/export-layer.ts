import type { SizeLimits } from "../read.js";
import type { DocumentKey, LayerKey } from "../state.js";
import { script, type PhotopeaScript } from "../script.js";
import { library } from "./library.js";

/** How {@link exportLayer} goes about it. */
export interface ExportLayerOptions extends SizeLimits {
  readonly key: DocumentKey;
  readonly layer: LayerKey;
  /** Start of the names of the documents on the way. */
  readonly scratch: string;
  /** Whether the layer comes out of a copy of the whole document, since an empty one would have another colour space. */
  readonly copiesDocument: boolean;
}

/**
 * Gives one layer out as a PNG, at full opacity, by way of documents that are closed again: the user's own document and its
 * history stay as they are. Tells the layer's `bounds` in the document and the rectangle that the PNG shows, both
 * [left, top, right, bottom].
 *
 * Bounds are read in a new document, since Photopea cannot tell them while something is selected.
 */
export function exportLayer(options: ExportLayerOptions): PhotopeaScript {
  const { key, layer, scratch, copiesDocument, maximumPixels, maximumSide } = options;
  return script`${library}
  var doc = findDocument(${key});
  var found = findLayer(doc, ${layer});
  var scratch, wide, copy, bounds, width, height, shown, moved;
  if (!found) { fail("layer-gone", "the layer was deleted"); }
  try {
    shown = [0, 0, pixels(doc.width), pixels(doc.height)];
    scratch = addScratch(doc, ${scratch}, false, shown[2], shown[3]);
    copy = copyLayer(found.layer, doc, scratch);
    bounds = boundsOf(copy);
    width = bounds[2] - bounds[0];
    height = bounds[3] - bounds[1];
    if (!(width > 0 && height > 0)) { fail("empty-layer", "the layer is empty"); }
    if (width * height > ${maximumPixels} || width > ${maximumSide} || height > ${maximumSide}) {
      fail("too-large", "the layer has " + width + " x " + height + " pixels, more than are taken: " +
        ${maximumSide} + " a side, " + ${maximumPixels} + " in all");
    }
    if (${copiesDocument}) {
      scratch = addScratch(doc, ${`${scratch}copy`}, true);
      copy = copyLayer(found.layer, doc, scratch);
    }
    if (copy.allLocked === true) { copy.allLocked = false; }
    if (copy.grouped === true) { copy.grouped = false; }
    if (copy.fillOpacity !== undefined && copy.fillOpacity !== 100) { copy.fillOpacity = 100; }
    if (copy.opacity !== 100) { copy.opacity = 100; }
    if (!${copiesDocument} && (bounds[0] < 0 || bounds[1] < 0 || bounds[2] > shown[2] || bounds[3] > shown[3])) {
      wide = addScratch(doc, ${`${scratch}wide`}, false, width, height);
      copy = copyLayer(copy, scratch, wide);
      moved = boundsOf(copy);
      if (moved[0] !== 0 || moved[1] !== 0) { copy.translate(-moved[0], -moved[1]); }
      scratch = wide;
      shown = bounds;
    }
    showFirst(scratch);
    tell({ bounds: bounds, shown: shown });
    begin();
    scratch.saveToOE("png");
  } catch (problem) {
    closeScratch(${scratch});
    app.activeDocument = doc;
    throw problem;
  }
  closeScratch(${scratch});
  app.activeDocument = doc;`;
}
