import type { DocumentKey } from "../state.js";
import { script, type PhotopeaScript } from "../script.js";
import { library } from "./library.js";

/** How {@link exportLayer} goes about it. */
export interface ExportLayerOptions {
  /** The document. */
  readonly key: DocumentKey;
  /** The layer's id. */
  readonly layerId: string;
  /** Name of the document that it is copied into. */
  readonly scratch: string;
  /** Whether that must be a copy of the whole document, since an empty one would have another colour space. */
  readonly copiesDocument: boolean;
  /** Most pixels that may come out. */
  readonly maximumPixels: number;
  /** Longest side that may come out. */
  readonly maximumSide: number;
}

/**
 * Gives one layer out as a PNG, at full opacity and without blending, by way of a document that is closed again: the user's
 * own document and its history stay as they are. Tells the layer's `bounds` in the document and the rectangle that the PNG
 * shows, both [left, top, right, bottom], and whether the layer `isTop`.
 *
 * Bounds are read in the copy, since Photopea cannot tell them while something is selected.
 *
 * @param options - what and how
 * @returns the script
 */
export function exportLayer(options: ExportLayerOptions): PhotopeaScript {
  const { key, layerId, scratch, copiesDocument, maximumPixels, maximumSide } = options;
  return script`${library}
  var doc = findDocument(${key});
  var layer = findLayer(doc.layers, ${layerId});
  var scratch, copy, bounds, width, height, shown, wide, moved;
  function ready() {
    attempt(function () { copy.allLocked = false; });
    attempt(function () { copy.grouped = false; });
    attempt(function () { copy.fillOpacity = 100; });
    copy.opacity = 100;
    copy.blendMode = BlendMode.NORMAL;
  }
  if (!layer) { fail("layer-gone", "the layer was deleted"); }
  try {
    scratch = addScratch(doc, ${scratch}, ${copiesDocument});
    copy = copyLayer(layer, doc, scratch);
    ready();
    bounds = boundsOf(copy);
    width = bounds[2] - bounds[0];
    height = bounds[3] - bounds[1];
    shown = [0, 0, pixels(doc.width), pixels(doc.height)];
    if (!(width > 0 && height > 0)) { fail("empty-layer", "the layer is empty"); }
    if (width * height > ${maximumPixels} || width > ${maximumSide} || height > ${maximumSide}) {
      fail("too-large", width + " x " + height);
    }
    if (!${copiesDocument} && (bounds[0] < 0 || bounds[1] < 0 || bounds[2] > shown[2] || bounds[3] > shown[3])) {
      wide = app.documents.add(width, height, doc.resolution, ${`${scratch}wide`});
      if (!wide) { wide = findScratch(${`${scratch}wide`}); }
      wide.name = ${`${scratch}wide`};
      wide.source = ${`${scratch}wide`};
      copy = copyLayer(copy, scratch, wide);
      moved = boundsOf(copy);
      if (moved[0] !== 0 || moved[1] !== 0) { copy.translate(-moved[0], -moved[1]); }
      scratch = wide;
      shown = bounds;
    }
    showOnly(scratch, copy);
    tell({ bounds: bounds, shown: shown, isTop: doc.layers[0] == layer });
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
