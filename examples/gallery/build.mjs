// Writes the gallery and the examples that are pages as static files that any server can hand out, at the root of a site or
// below a path. `npm run example` and `npm run site` call it.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { copyAssets } from "../../bin/limpid-assets.mjs";
import { escapeHtml, fillPage } from "../shared/fill-page.mjs";
import { pageBuild } from "../shared/page-build.mjs";
import { exampleNames, readExample } from "./examples.mjs";

const folder = dirname(fileURLToPath(import.meta.url));
const examples = resolve(folder, "..");
const root = resolve(examples, "..");
const shared = join(examples, "shared");

/** The examples that are a page with an editor, which differ in their `main.ts` alone. */
const editors = exampleNames.filter((name) => name.startsWith("canvas-"));

/**
 * Builds the gallery and its pages from the built package.
 *
 * @param {object} [options]
 * @param {string} [options.out] - where the files go; what is there is replaced
 * @param {string} [options.model] - folder with the model's `model.json`
 * @param {string | undefined} [options.miniPaint] - folder of a copy of miniPaint; without one its page says how to get it
 * @param {boolean} [options.hasSite] - whether playground and docs lie beside the pages, so that the gallery links to them
 * @returns {Promise<string>} where the files are
 */
export async function buildExamples({
  out = join(root, "build", "examples"),
  model = join(root, "models"),
  miniPaint,
  hasSite = false,
} = {}) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  await build({
    ...pageBuild,
    entryPoints: [
      { in: join(folder, "gallery.css"), out: "gallery" },
      { in: join(shared, "editor-page.css"), out: "editor-page" },
      { in: join(examples, "train-in-browser", "style.css"), out: "train-in-browser/style" },
      { in: join(examples, "train-in-browser", "page.ts"), out: "train-in-browser/page" },
      // Beside `limpid/`, where it looks for the model.
      { in: join(examples, "train-in-browser", "training-worker.ts"), out: "training-worker" },
      ...editors.map((name) => ({ in: join(examples, name, "main.ts"), out: `${name}/main` })),
    ],
    outdir: out,
    format: "esm",
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
  });
  copyAssets(join(out, "limpid"), { model });
  cpSync(join(examples, "playground", "icon.svg"), join(out, "icon.svg"));
  cpSync(join(examples, "photos", "noise.png"), join(out, "photos", "noise.png"));
  cpSync(join(examples, "train-in-browser", "index.html"), join(out, "train-in-browser", "index.html"));
  for (const name of editors) writeEditorPage(out, name, miniPaint);
  writeGallery(out, hasSite);
  return out;
}

/** @returns {string | undefined} the folder of the copy of miniPaint that people put there, if they did */
export function miniPaintCopy() {
  const copy = join(root, "build", "minipaint");
  return existsSync(copy) ? copy : undefined;
}

/** @param {string} out @param {string} name @param {string | undefined} miniPaint */
function writeEditorPage(out, name, miniPaint) {
  const { title, text } = readExample(name);
  const code = readFileSync(join(examples, name, "main.ts"), "utf8").trimEnd();
  const page = fillPage(readFileSync(join(shared, "editor-page.html"), "utf8"), {
    title: escapeHtml(title),
    text: escapeHtml(text),
    code: escapeHtml(code),
  });
  writeFileSync(join(out, name, "index.html"), page);
  if (name !== "canvas-minipaint") return;
  if (miniPaint !== undefined) {
    cpSync(miniPaint, join(out, name, "minipaint"), {
      recursive: true,
      filter: (path) => !/[/\\](\.git|node_modules)$/.test(path),
    });
    return;
  }
  const missing = readFileSync(join(folder, "no-minipaint.html"), "utf8");
  // In the editor's place, and without the script that would wait for it.
  writeFileSync(
    join(out, name, "index.html"),
    page
      .replace(/<section class="panel" id="editor"[^]*?<\/section>/, () => missing)
      .replace(/<p class="engine">[^]*?<\/p>/, "")
      .replace(/ *<script .*\n/, ""),
  );
}

/** @param {string} out @param {boolean} hasSite */
function writeGallery(out, hasSite) {
  mkdirSync(join(out, "pictures"));
  const guides = { "photopea-plugin": "Photopea", "figma-plugin": "Figma" };
  const cards = exampleNames.map((name) => {
    const { title, text, alt, picture } = readExample(name);
    const image = `pictures/${name}${extname(picture)}`;
    cpSync(picture, join(out, image));
    const guide = guides[/** @type {keyof typeof guides} */ (name)];
    const isThere = hasSite || (name !== "playground" && guide === undefined);
    const address = guide === undefined ? `${name}/` : `docs/documents/${guide}.html`;
    const heading = isThere ? `<a href="${address}">${escapeHtml(title)}</a>` : escapeHtml(title);
    return `<li class="panel card">
          <img src="${image}" alt="${escapeHtml(alt)}" width="640" height="420" />
          <h2>${heading}</h2>
          <p>${escapeHtml(text)}</p>
          <p><code>npm run example -- ${name}</code></p>
        </li>`;
  });
  let page = fillPage(readFileSync(join(folder, "index.html"), "utf8"), { cards: cards.join("\n        ") });
  if (!hasSite) page = page.replace(/ *<!-- docs -->[^]*<!-- end of docs -->\n/, "");
  writeFileSync(join(out, "index.html"), page);
}
