// npm run docs: the guides and the API as one site, in docs/api. It fails on a link that leads nowhere.
//
// The guides are read where they are in the repository, and copied for TypeDoc with other links: what leads to a file that
// is no page of the site, such as a source, becomes a text.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { Application } from "typedoc";
import { exampleNames } from "../examples/gallery/examples.mjs";
import { findDeadLinks } from "./dead-links.mjs";
import { root } from "./dist.mjs";
import { mendPages } from "./typedoc-pages.mjs";

/** The guides, in the order in which people read them. */
const guides = [
  ...["start", "recipes", "concepts"].map((name) => `docs/guides/${name}.md`),
  ...["README", "canvas", "photopea", "figma"].map((name) => `docs/hosts/${name}.md`),
  ...["docs/guides/own-host.md", "docs/authoring/README.md", "docs/guides/extensions.md"],
  ...["docs/guides/limits.md", "docs/performance.md", "docs/benchmark.md", "docs/security.md"],
  ...["docs/guides/cluster.md", "docs/design.md", "CONTRIBUTING.md", "CHANGELOG.md"],
  ...["models/MODEL_CARD.md", "training/README.md"],
  ...[...exampleNames, "photos", "apps"].map((name) => `examples/${name}/README.md`),
];
const pages = new Set(["README.md", ...guides]);
const copies = join(root, "build", "guides");

/**
 * Copies a page with the pictures that it shows.
 *
 * @param {string} page - its path in the repository
 */
function copyPage(page) {
  const text = readFileSync(join(root, page), "utf8");
  const copy = text.replace(/(!?)\[([^\]]*)\]\(([^)\s]+)\)/g, (link, mark, label, address) => {
    if (/^(?:[a-z]+:|#)/.test(address)) return link;
    const target = normalize(join(dirname(page), address.replace(/#.*/, "")));
    if (pages.has(target)) return link;
    if (mark === "!" || extname(target) === ".csv") {
      mkdirSync(dirname(join(copies, target)), { recursive: true });
      cpSync(join(root, target), join(copies, target));
      return link;
    }
    return label.startsWith("`") ? label : `${label} (\`${target}\`)`;
  });
  mkdirSync(dirname(join(copies, page)), { recursive: true });
  const heading = /^# (.*)$/m.exec(text)?.[1] ?? page;
  // TypeDoc calls a document by its file's name unless it says otherwise.
  const titled = copy.startsWith("---\n") ? copy : `---\ntitle: ${JSON.stringify(heading)}\n---\n\n${copy}`;
  writeFileSync(join(copies, page), page === "README.md" ? copy : titled);
}

/**
 * Builds the site of the guides and the API.
 *
 * @param {object} [options]
 * @param {string} [options.out] - where the files go
 * @param {string} [options.home] - address of the page around the site, as seen from its first page
 * @throws {Error} if TypeDoc finds something wrong, which it prints
 */
export async function buildDocs({ out = join(root, "docs", "api"), home } = {}) {
  rmSync(copies, { recursive: true, force: true });
  for (const page of pages) copyPage(page);
  const app = await Application.bootstrapWithPlugins({
    readme: join(copies, "README.md"),
    projectDocuments: guides.map((page) => join(copies, page)),
    out,
  });
  mendPages(app, home);
  const project = await app.convert();
  if (project !== undefined) app.validate(project);
  const hasFailed = () => app.logger.hasErrors() || app.logger.hasWarnings();
  if (project === undefined || hasFailed()) throw new Error("TypeDoc has refused the documentation");
  await app.generateOutputs(project);
  if (hasFailed()) throw new Error("TypeDoc has not written the documentation");
}

/**
 * Prints the dead links of a site.
 *
 * @param {string} folder - the site
 * @returns {number} the exit code: 1 if there are any
 */
export function checkLinks(folder) {
  const dead = findDeadLinks(folder);
  for (const { page, address, reason } of dead) console.error(`${page}: ${address} ${reason}`);
  console.log(`${dead.length} dead links`);
  return dead.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildDocs();
  process.exitCode = checkLinks(join(root, "docs", "api"));
}
