// node examples/playground/build.mjs [--out FOLDER] [--model FOLDER]
//
// Writes the playground as static files that any server can hand out, at the root of a site or below a path.
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { copyAssets } from "../../bin/limpid-assets.mjs";
import { pageBuild } from "../shared/page-build.mjs";

const folder = dirname(fileURLToPath(import.meta.url));
const root = resolve(folder, "../..");

/**
 * Builds the playground from the built package.
 *
 * @param {object} [options]
 * @param {string} [options.out] - where the files go
 * @param {string} [options.model] - folder with the model's `model.json`
 * @param {string | undefined} [options.home] - address of a page about all examples, if there is one
 * @returns {Promise<string>} where the files are
 */
export async function buildPlayground({
  out = join(root, "build", "playground"),
  model = join(root, "models"),
  home,
} = {}) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  await build({
    ...pageBuild,
    entryPoints: [
      { in: join(folder, "playground.css"), out: "playground" },
      { in: join(folder, "src", "main.ts"), out: "playground" },
      { in: join(folder, "src", "photo-worker.ts"), out: "photo-worker" },
      { in: join(folder, "..", "train-in-browser", "training-worker.ts"), out: "training-worker" },
    ],
    outdir: out,
    format: "esm",
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
  });
  cpSync(join(folder, "icon.svg"), join(out, "icon.svg"));
  const page = readFileSync(join(folder, "index.html"), "utf8");
  const name = "<b>Limpid</b>";
  if (!page.includes(name)) throw new Error("index.html has no place for the link");
  writeFileSync(
    join(out, "index.html"),
    home === undefined ? page : page.replace(name, () => `<a href="${home}">Limpid</a>`),
  );
  copyAssets(join(out, "limpid"), { model });
  const photos = join(folder, "..", "photos");
  cpSync(join(photos, "real"), join(out, "samples"), { recursive: true });
  for (const name of [
    "noise.png",
    "jpeg.jpg",
    "rain.png",
    "clean/rain.png",
    "blur.jpg",
    "snow.jpg",
    "scratches.jpg",
  ]) {
    cpSync(join(photos, name), join(out, "samples", name));
  }
  await buildServiceWorker(out);
  return out;
}

/** The service worker keeps every file, so that the page works without a network. @param {string} out */
async function buildServiceWorker(out) {
  const files = filesIn(out).map((path) => relative(out, path).split(sep).join("/"));
  const hash = createHash("sha256");
  for (const name of files) hash.update(name).update(readFileSync(join(out, name)));
  await build({
    ...pageBuild,
    entryPoints: [join(folder, "src", "service-worker.ts")],
    outdir: out,
    format: "iife",
    define: {
      FILES: JSON.stringify(files),
      CACHE: JSON.stringify(`limpid-playground-${hash.digest("hex").slice(0, 16)}`),
    },
  });
}

/** @param {string} path @returns {string[]} */
function filesIn(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesIn(join(path, name)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { out: { type: "string" }, model: { type: "string" } } });
  console.log(await buildPlayground(values));
}
