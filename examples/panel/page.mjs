/** What the pages of the example plugins share, for their builds. */
import { readFileSync } from "node:fs";
import { fillPage, splitPart } from "../shared/fill-page.mjs";

/** @param {string} name - of a file of this folder, or beside it */
const read = (name) => readFileSync(new URL(name, import.meta.url), "utf8");

/** The styles of every panel. */
export const panelStyle = ["../shared/base.css", "../shared/parts.css", "panel.css"].map(read).join("\n");

/**
 * A plugin's page with the part that all panels share put in.
 *
 * @param {string} path - of a page with the comment `result`
 * @returns {string} the page
 */
export function readPage(path) {
  return fillPage(readFileSync(path, "utf8"), { result: read("result.html"), split: splitPart });
}
