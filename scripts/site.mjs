// npm run site: gallery, playground, examples and docs as one folder of static files, in build/site, for any server and any path.
// It fails on a link that leads nowhere.
import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildExamples, miniPaintCopy } from "../examples/gallery/build.mjs";
import { buildPlayground } from "../examples/playground/build.mjs";
import { buildDist, root } from "./dist.mjs";
import { buildDocs, checkLinks } from "./docs.mjs";

/**
 * Builds the site.
 *
 * @param {object} [options]
 * @param {string} [options.out] - where the files go; what is there is replaced
 * @param {string} [options.model] - folder with the model's `model.json`
 * @param {string | undefined} [options.miniPaint] - folder of a copy of miniPaint
 * @param {string | undefined} [options.docs] - folder of documentation that was built for a site before; built anew if left out
 * @returns {Promise<string>} where the files are
 */
export async function buildSite({
  out = join(root, "build", "site"),
  model = join(root, "models"),
  miniPaint,
  docs,
} = {}) {
  await buildExamples({ out, model, miniPaint, hasSite: true });
  await buildPlayground({ out: join(out, "playground"), model, home: "../" });
  if (docs === undefined) await buildDocs({ out: join(out, "docs"), home: "../index.html" });
  else cpSync(docs, join(out, "docs"), { recursive: true });
  return out;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildDist();
  const folder = await buildSite({ miniPaint: miniPaintCopy() });
  process.exitCode = checkLinks(folder);
  console.log(`The site is in ${folder}`);
}
