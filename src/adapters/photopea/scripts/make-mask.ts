import type { DocumentKey } from "../state.js";
import { script, type PhotopeaScript } from "../script.js";
import { library } from "./library.js";

/** A result that is to have a layer mask. */
export interface MakeMaskOptions {
  /** The document that it goes into, whose selection becomes the mask. */
  readonly key: DocumentKey;
  /** Name of the document that holds the result; those on the way are named after it. */
  readonly scratch: string;
  /** Whether a document on the way must be a copy of the user's, since an empty one would have another colour space. */
  readonly copiesDocument: boolean;
  /** Column of the document at which the result's first column belongs. */
  readonly left: number;
  /** Row of the document at which the result's first row belongs. */
  readonly top: number;
}

/** The name of the document that holds a result with its layer mask, after {@link makeMask}. */
export function maskedName(scratch: string): string {
  return `${scratch}mask`;
}

/**
 * Puts a result into a copy of the user's document, which has its selection: the user's own document and its history stay as
 * they are. Gives up with `no-selection` if the copy has another selection, or none.
 */
export function stageMask({ key, scratch, copiesDocument, left, top }: MakeMaskOptions): PhotopeaScript {
  return script`${library}
  var doc = findDocument(${key}), holder = findScratch(${scratch}), layer = holder.layers[0];
  var expected = boundsOf(doc.selection), found = null, staged, copy, i;
  if (layer.allLocked === true) { layer.allLocked = false; }
  staged = stageLayer(layer, holder, doc, ${`${scratch}place`}, ${copiesDocument}, ${left}, ${top});
  copy = addScratch(doc, ${maskedName(scratch)}, true);
  app.activeDocument = copy;
  try { found = boundsOf(copy.selection); } catch (none) { found = null; }
  for (i = 0; i < 4; i++) {
    if (!found || found[i] !== expected[i]) { fail("no-selection", "the copy does not have the selection"); }
  }
  copy.activeLayer = copyLayer(staged, findScratch(${`${scratch}place`}), copy);
  tell(true);`;
}

/** Gives the layer of {@link stageMask} a layer mask of what is selected. Nothing else, so that little is lost if it hangs. */
export function makeMask(): PhotopeaScript {
  return script`  var channel, made;
  channel = new ActionReference();
  channel.putEnumerated(charIDToTypeID("Chnl"), charIDToTypeID("Chnl"), charIDToTypeID("Msk "));
  made = new ActionDescriptor();
  made.putClass(charIDToTypeID("Nw  "), charIDToTypeID("Chnl"));
  made.putReference(charIDToTypeID("At  "), channel);
  made.putEnumerated(charIDToTypeID("Usng"), charIDToTypeID("UsrM"), charIDToTypeID("RvlS"));
  executeAction(charIDToTypeID("Mk  "), made, DialogModes.NO);
  tell(true);`;
}

/** Gives a PNG out that shows nothing but the layer of {@link stageMask}, so that its alpha tells what its mask came to. */
export function exportMasked(scratch: string): PhotopeaScript {
  return script`${library}
  var copy = findScratch(${maskedName(scratch)});
  showFirst(copy);
  begin();
  copy.saveToOE("png");`;
}
