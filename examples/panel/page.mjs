/** What the pages of the example plugins share, for their builds. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The style sheet of every panel. */
export const panelStyle = fileURLToPath(new URL("panel.css", import.meta.url));

/**
 * A plugin's page with the part that all panels share put in.
 *
 * @param {string} path - of a page with the comment `result`
 * @param {string} apply - what people read on the button that brings a result into the document
 * @returns {string} the page
 */
export function readPage(path, apply) {
  const result = readFileSync(new URL("result.html", import.meta.url), "utf8");
  const page = readFileSync(path, "utf8");
  if (!page.includes("<!-- result -->")) throw new Error(`${path} has no place for the result`);
  return page.replace("<!-- result -->", () => result.replace("<!-- apply -->", () => apply));
}
