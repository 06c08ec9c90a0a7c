import { script, type PhotopeaScript } from "../script.js";
import { library } from "./library.js";

/**
 * Looks for the document that a posted file became, and names it. Tells null while it is not there; gives up unless there is
 * exactly one document more than before, of the file's size and with one layer.
 *
 * @param before - how many documents were open before the file was posted
 * @param width - of the file, in pixels
 * @param height - of the file, in pixels
 */
export function findOpened(before: number, width: number, height: number, scratch: string): PhotopeaScript {
  return script`${library}
  var count = app.documents.length, opened;
  function fits(doc) {
    return pixels(doc.width) === ${width} && pixels(doc.height) === ${height} && doc.layers.length === 1;
  }
  if (count > ${before} + 1) {
    fail("other-documents", "other documents were opened meanwhile; close the one named like the result by hand");
  }
  if (count < ${before}) { fail("other-documents", "a document was closed meanwhile"); }
  if (count === ${before}) {
    tell(null);
  } else {
    opened = app.documents[count - 1];
    if (!fits(opened)) { opened = app.activeDocument; }
    if (opened.layers.length === 0) {
      tell(null);
    } else {
      if (!fits(opened)) { fail("other-documents", "another document was opened meanwhile"); }
      opened.name = ${scratch};
      opened.source = ${scratch};
      tell(true);
    }
  }`;
}
