import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/**
 * A link of a page that leads nowhere.
 *
 * @typedef {{ page: string, address: string, reason: string }} DeadLink
 */

/**
 * Looks through a built site for links to files and headings that are not there, and for links to raw Markdown, which
 * browsers show as text. Addresses of other sites are not asked.
 *
 * @param {string} folder - the site
 * @returns {DeadLink[]}
 */
export function findDeadLinks(folder) {
  const pages = readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => path.endsWith(".html"));
  /** @type {Map<string, { ids: Set<string>, addresses: Set<string> }>} */
  const read = new Map(pages.map((path) => [path, readPage(path)]));
  /** @type {DeadLink[]} */
  const dead = [];
  for (const [path, { addresses }] of read) {
    for (const address of addresses) {
      if (/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(address)) continue;
      const [place = "", heading = ""] = decodeURI(address).split("#");
      let target = place === "" ? path : join(dirname(path), place.replace(/\?.*/, ""));
      if (existsSync(target) && statSync(target).isDirectory()) target = join(target, "index.html");
      const reason = !existsSync(target)
        ? "is not there"
        : target.endsWith(".md")
          ? "is raw Markdown"
          : heading !== "" && read.get(target)?.ids.has(heading) === false
            ? "names a heading that is not there"
            : undefined;
      if (reason !== undefined) dead.push({ page: relative(folder, path), address, reason });
    }
  }
  return dead;
}

/** @param {string} path - of an HTML page */
function readPage(path) {
  const html = readFileSync(path, "utf8");
  /** @param {RegExp} attribute */
  const values = (attribute) =>
    new Set([...html.matchAll(attribute)].map(([, value = ""]) => value.replaceAll("&amp;", "&")));
  return { ids: values(/\sid="([^"]*)"/g), addresses: values(/\s(?:href|src)="([^"]*)"/g) };
}
