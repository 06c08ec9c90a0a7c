// node examples/playground/build.mjs [--out FOLDER] [--model FOLDER]
//
// Writes the playground as static files that any server can hand out, at the root of a site or below a path.
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { copyAssets } from "../../bin/limpid-assets.mjs";

const folder = dirname(fileURLToPath(import.meta.url));
const root = resolve(folder, "../..");

/** What both builds have in common. @type {import("esbuild").BuildOptions} */
const common = {
  bundle: true,
  tsconfigRaw: {}, // the packages as they are built, not their sources, to which tsconfig.json maps their names
  minify: true,
  platform: "browser",
  target: "es2022",
  logLevel: "warning",
  // The package's chunks import for their side effects what has none.
  logOverride: { "ignored-bare-import": "silent" },
};

/**
 * Builds the playground from the built package.
 *
 * @param {object} [options]
 * @param {string} [options.out] - where the files go
 * @param {string} [options.model] - folder with the model's `model.json`
 * @returns {Promise<string>} where the files are
 */
export async function buildPlayground({
  out = join(root, "build", "playground"),
  model = join(root, "models"),
} = {}) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  await build({
    ...common,
    entryPoints: {
      playground: join(folder, "src", "main.ts"),
      "photo-worker": join(folder, "src", "photo-worker.ts"),
      "training-worker": join(folder, "..", "train-in-browser", "training-worker.ts"),
    },
    outdir: out,
    format: "esm",
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
  });
  for (const name of ["index.html", "playground.css", "icon.svg"])
    cpSync(join(folder, name), join(out, name));
  copyAssets(join(out, "limpid"), { model });
  const photos = join(folder, "..", "photos");
  cpSync(join(photos, "real"), join(out, "samples"), { recursive: true });
  for (const name of ["noise.png", "jpeg.jpg", "rain.png", "clean/rain.png"]) {
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
    ...common,
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
