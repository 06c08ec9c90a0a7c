import type { DocumentKey } from "../state.js";
import { script, type PhotopeaScript } from "../script.js";
import { library } from "./library.js";

/**
 * Tells the rectangle around what is selected, as [left, top, right, bottom], or null. It stands alone, since reading it while
 * nothing is selected may end the script: that is an answer, too. Changes nothing.
 */
export function readSelection(key: DocumentKey): PhotopeaScript {
  return script`${library}
  var doc = findDocument(${key}), bounds = null;
  try {
    if (doc.selection && doc.selection.bounds) { bounds = boundsOf(doc.selection); }
  } catch (none) {
    bounds = null;
  }
  tell(bounds);`;
}
