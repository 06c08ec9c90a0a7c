import type { DocumentKey } from "../state.js";
import { script, type PhotopeaScript } from "../script.js";
import { library } from "./library.js";

/**
 * Closes documents that Limpid opened for itself, without saving. Tells how many.
 *
 * @param start - how their names start; no other document is touched
 * @param key - the document to be active afterwards, if it is still open
 */
export function closeScratchDocuments(start: string, key?: DocumentKey): PhotopeaScript {
  return script`${library}
  var key = ${key ?? null};
  var closed = closeScratch(${start});
  tell(closed);
  if (key) { app.activeDocument = findDocument(key); }`;
}
