import type { DocumentKey } from "../state.js";
import { script, type PhotopeaScript } from "../script.js";
import { library } from "./library.js";

/** Gives a document out as it looks, as a PNG. Changes nothing. */
export function exportDocument(key: DocumentKey): PhotopeaScript {
  return script`${library}
  var doc = findDocument(${key});
  begin();
  doc.saveToOE("png");`;
}
