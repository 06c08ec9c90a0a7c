// node examples/playground/build.mjs [--out FOLDER] [--model FOLDER]
//
// Writes the playground as static files that any server can hand out, at the root of a site or below a path.
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, parse, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import sharp from "sharp";
import { copyAssets } from "../../bin/limpid-assets.mjs";
import { fillPage, splitPart } from "../shared/fill-page.mjs";
import { pageBuild } from "../shared/page-build.mjs";

const folder = dirname(fileURLToPath(import.meta.url));
const root = resolve(folder, "../..");

/** What people can try without a photo of their own: files of `examples/photos`, in the order in which they are shown. */
const samples = [
  { photo: "real/low-light.jpg", title: "Pond, at dusk" },
  { photo: "real/sun.jpg", title: "Loch, against the sun" },
  { photo: "real/smog.jpg", title: "Town, in smog" },
  { photo: "noise.png", title: "Coffee, noisy" },
  { photo: "jpeg.jpg", title: "Lighthouse, JPEG blocks" },
  { photo: "rain.png", title: "Cathedral, in the rain" },
  { photo: "raindrops.jpg", title: "Lighthouse, raindrops" },
  { photo: "real/shadow.jpg", title: "Street, in shadow" },
  { photo: "blur.jpg", title: "Lighthouse, shaken" },
  { photo: "snow.jpg", title: "Cathedral, in snow" },
  { photo: "scratches.jpg", title: "Old print, scratched" },
  { photo: "large/hills.jpg", title: "Hills at sunset, 12 MP" },
  { photo: "large/dandelion.jpg", title: "Dandelion, 16 MP" },
];

/** Size at which a sample is shown to be chosen by, in pixels: twice that of the page, for dense screens. */
const thumbnail = { width: 192, height: 144 };

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
  const page = fillPage(readFileSync(join(folder, "index.html"), "utf8"), {
    name: home === undefined ? "<b>Limpid</b>" : `<a href="${home}">Limpid</a>`,
    split: splitPart,
    samples: samples.map(sampleItem).join("\n            "),
  });
  writeFileSync(join(out, "index.html"), page);
  copyAssets(join(out, "limpid"), { model });
  const photos = join(folder, "..", "photos");
  mkdirSync(join(out, "samples", "thumbnails"), { recursive: true });
  for (const { photo } of samples) {
    cpSync(join(photos, photo), join(out, "samples", basename(photo)));
    await sharp(join(photos, photo))
      .resize(thumbnail.width, thumbnail.height)
      .jpeg({ quality: 80 })
      .toFile(join(out, thumbnailOf(photo)));
  }
  cpSync(join(photos, "clean", "rain.png"), join(out, "samples", "clean", "rain.png"));
  await buildServiceWorker(out);
  return out;
}

/** @param {string} photo @returns {string} */
function thumbnailOf(photo) {
  return `samples/thumbnails/${parse(photo).name}.jpg`;
}

/** @param {typeof samples[number]} sample @returns {string} what people choose it by */
function sampleItem({ photo, title }) {
  const file = basename(photo);
  return `<li>
              <button type="button" class="sample" data-sample="${file}">
                <img src="${thumbnailOf(photo)}" alt="" width="96" height="72" /><span>${title}</span>
              </button>
            </li>`;
}

/** The service worker keeps every file but the large samples, so that the page works without a network. @param {string} out */
async function buildServiceWorker(out) {
  const large = samples.filter(({ photo }) => photo.startsWith("large/"));
  const left = new Set(large.map(({ photo }) => `samples/${basename(photo)}`));
  const files = filesIn(out)
    .map((path) => relative(out, path).split(sep).join("/"))
    .filter((file) => !left.has(file));
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
