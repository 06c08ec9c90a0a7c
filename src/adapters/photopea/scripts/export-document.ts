import type { DocumentKey } from "../state.js";
import { script, type PhotopeaScript } from "../script.js";
import { library } from "./library.js";

/**
 * Gives a document out as it looks, as a PNG. Changes nothing.
 *
 * @param key - the document
 * @returns the script
 */
export function exportDocument(key: DocumentKey): PhotopeaScript {
  return script`${library}
  var doc = findDocument(${key});
  begin();
  doc.saveToOE("png");`;
}
