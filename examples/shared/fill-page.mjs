/** How the builds put parts into the pages of the examples. */
import { readFileSync } from "node:fs";

/**
 * Puts parts into a page.
 *
 * @param {string} page
 * @param {Record<string, string>} parts - by the comments in whose place they come
 * @returns {string} the page
 */
export function fillPage(page, parts) {
  return Object.entries(parts).reduce((filled, [name, part]) => {
    const place = `<!-- ${name} -->`;
    if (!filled.includes(place)) throw new Error(`a page has no place for ${name}`);
    return filled.replaceAll(place, () => part);
  }, page);
}

/** The line between before and after, with its handle, for pages that show a photo with it. */
export const splitPart = readFileSync(new URL("split.html", import.meta.url), "utf8").trim();

/** @param {string} text @returns {string} the text as HTML */
export function escapeHtml(text) {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
