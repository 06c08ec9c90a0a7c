import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("..", import.meta.url));

/** The examples by their folders, in the order of the gallery. */
export const exampleNames = /** @type {const} */ ([
  "playground",
  "canvas-fabric",
  "canvas-konva",
  "canvas-tui",
  "canvas-minipaint",
  "photopea-plugin",
  "figma-plugin",
  "train-in-browser",
]);

/**
 * What an example's README says of it.
 *
 * @typedef {object} Example
 * @property {string} name - of its folder, and for `npm run example`
 * @property {string} title - the README's heading
 * @property {string} text - its first paragraph, which has no links
 * @property {string} picture - the path of its picture
 * @property {string} alt - what the picture shows
 */

/**
 * Reads what an example is, so that gallery, page and README say the same.
 *
 * @param {string} name - of its folder
 * @returns {Example}
 */
export function readExample(name) {
  const path = join(folder, name, "README.md");
  const readme = readFileSync(path, "utf8");
  const parts = /^# (.+)\n\n([^\n#`[\]!][^`[\]]*?)\n\n[^]*?!\[([^\]]+)\]\(([^)]+)\)/.exec(readme);
  if (parts === null) throw new Error(`${path} has no heading, plain paragraph and picture`);
  const [, title = "", text = "", alt = "", image = ""] = parts;
  const picture = join(folder, name, image);
  if (!existsSync(picture)) throw new Error(`${path} names a picture that is not there: ${image}`);
  return { name, title, text: text.replaceAll("\n", " "), alt, picture };
}
