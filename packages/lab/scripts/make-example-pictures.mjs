// npm run example-pictures [-- NAME...]: opens the examples in Chromium with the shipped weights and takes the pictures of their
// READMEs and of the gallery, and that of the playground in the README. Photopea, Figma and miniPaint are the stand-ins of the tests.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import sharp from "sharp";
import { buildFigmaPlugins } from "../../../examples/figma-plugin/build.mjs";
import { buildExamples } from "../../../examples/gallery/build.mjs";
import { exampleNames } from "../../../examples/gallery/examples.mjs";
import { buildPlugin } from "../../../examples/photopea-plugin/build.mjs";
import { buildPlayground } from "../../../examples/playground/build.mjs";
import { serveFiles, serveFolder } from "../../../examples/shared/static-server.mjs";
import { buildDist, root } from "../../../scripts/dist.mjs";
import { findChromium } from "../../../scripts/machine.mjs";

/** @typedef {import("playwright-core").Page} Page */

const photos = join(root, "examples", "photos");
const out = join(root, "build", "example-pictures");
/** Of a picture in pixels. */
const size = { width: 640, height: 420 };

await buildDist();
const miniPaint = join(out, "minipaint");
mkdirSync(miniPaint, { recursive: true });
writeFileSync(
  join(miniPaint, "index.html"),
  '<!doctype html><script type="module" src="editor.js"></script>',
);
writeFileSync(join(miniPaint, "editor.js"), await bundle("test/adapters/pages/mini-paint-editor.ts"));
const pages = await serveFolder(await buildExamples({ out: join(out, "pages"), miniPaint }));
const playground = await serveFolder(await buildPlayground({ out: join(out, "playground") }));
const photopea = await serveStandIn("test/adapters/photopea/pages/editor.ts");
const figma = await serveStandIn("test/adapters/figma/pages/editor.ts");
const photopeaPlugin = await serveFolder(join(out, "photopea-plugin"));
const browser = await chromium.launch({
  executablePath: findChromium() ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});

/** How wide the page is, and what is done in it. @type {Record<typeof exampleNames[number], [number, (page: Page) => Promise<unknown>]>} */
const scenes = {
  playground: [1280, (page) => restoreSample(page, "noise.png")],
  "canvas-fabric": [960, (page) => restoreIn(page, "canvas-fabric")],
  "canvas-konva": [960, (page) => restoreIn(page, "canvas-konva")],
  "canvas-tui": [960, (page) => restoreIn(page, "canvas-tui")],
  "canvas-minipaint": [960, (page) => restoreIn(page, "canvas-minipaint")],
  "photopea-plugin": [
    640,
    async (page) => {
      await buildPlugin({
        url: `${photopeaPlugin.origin}/`,
        photopea: photopea.origin,
        out: join(out, "photopea-plugin"),
      });
      await page.goto(`${photopea.origin}/?panel=${encodeURIComponent(`${photopeaPlugin.origin}/`)}`);
      const { pixels, width, height } = await readPhoto();
      await page.evaluate(
        ([w, h, data]) =>
          /** @type {any} */ (globalThis).photopea.open({
            layers: [{ image: { width: w, height: h, channels: 4, data: Uint8Array.from(data) } }],
          }),
        /** @type {const} */ ([width, height, pixels]),
      );
      await previewIn(page);
    },
  ],
  "figma-plugin": [
    640,
    async (page) => {
      const folder = await buildFigmaPlugins({ id: "1234567890", out: join(out, "figma-plugin") });
      const [code, html] = ["code.js", "ui.html"].map((file) =>
        readFileSync(join(folder, "offline", file), "utf8"),
      );
      await page.goto(`${figma.origin}/`);
      const { pixels, width, height } = await readPhoto();
      await page.evaluate(
        async ({ code, html, width, height, pixels }) => {
          const { editor } = /** @type {any} */ (globalThis);
          editor.start(code, html, "data", "open");
          editor.select([await editor.openPicture(width, height, pixels)]);
        },
        { code, html, width, height, pixels },
      );
      await page.addStyleTag({ content: "iframe { width: 100vw !important; height: 100vh !important }" });
      await previewIn(page);
    },
  ],
  "train-in-browser": [
    960,
    async (page) => {
      await page.goto(`${pages.origin}/train-in-browser/`);
      await page.setInputFiles("#before", await readPairs(0.5));
      await page.setInputFiles("#after", await readPairs(1));
      await page.fill("#degradation", "dusk");
      await page.fill("#steps", "30");
      await page.click("#train");
      await page.locator("#download:visible").waitFor();
      await page.locator("#train").scrollIntoViewIfNeeded();
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    },
  ],
};

const asked = process.argv.slice(2);
for (const name of exampleNames) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const [width, act] = scenes[name];
  const viewport = { width, height: Math.round((width * size.height) / size.width) };
  await take(join(root, "examples", name, "picture.jpg"), viewport, size, act);
  console.log(name);
}
if (asked.length === 0 || asked.includes("playground")) {
  const viewport = { width: 1440, height: 900 };
  const file = join(root, "docs", "images", "playground.jpg");
  await take(file, viewport, viewport, (page) => restoreSample(page, "low-light.jpg"));
}
await browser.close();
for (const server of [pages, playground, photopea, figma, photopeaPlugin]) await server.close();

/**
 * Takes a picture of a page.
 *
 * @typedef {{ width: number, height: number }} Size
 * @param {string} file
 * @param {Size} viewport
 * @param {Size} picture - of the same shape
 * @param {(page: Page) => Promise<unknown>} act - what is done in the page before
 */
async function take(file, viewport, picture, act) {
  const page = await browser.newPage({ viewport, colorScheme: "light", bypassCSP: true });
  page.setDefaultTimeout(300_000);
  await act(page);
  await page.mouse.move(0, 0);
  await sharp(await page.screenshot())
    .resize(picture)
    .jpeg({ quality: 82, mozjpeg: true })
    .toFile(file);
  await page.close();
}

/** Restores a sample in the playground. @param {Page} page @param {string} sample */
async function restoreSample(page, sample) {
  await page.goto(`${playground.origin}/`);
  await page.locator(`[data-sample="${sample}"]`).click();
  await page.locator("#status", { hasText: /^Restored/ }).waitFor();
}

/** @param {Page} page @param {string} name - of an example with an editor */
async function restoreIn(page, name) {
  await page.goto(`${pages.origin}/${name}/`);
  await page.locator("#restore:enabled").click();
  await page.locator("#status", { hasText: /^Restored/ }).waitFor();
}

/** Previews in a plugin's panel. @param {Page} page */
async function previewIn(page) {
  const panel = page.frameLocator("iframe").first();
  await panel.locator("#preview:enabled").click();
  await panel.locator("#status", { hasText: /Ready/ }).waitFor();
}

/** Clean photos, darkened. @param {number} brightness - a factor */
function readPairs(brightness) {
  return Promise.all(
    ["noise.png", "jpeg.png", "rain.png"].map(async (name) => ({
      name,
      mimeType: "image/png",
      buffer: await sharp(join(photos, "clean", name))
        .linear(brightness, 0)
        .png()
        .toBuffer(),
    })),
  );
}

async function readPhoto() {
  const { data, info } = await sharp(join(photos, "noise.png"))
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { pixels: [...data], width: info.width, height: info.height };
}

/** @param {string} path - of a page's module @returns {Promise<{ origin: string, close: () => Promise<void> }>} */
async function serveStandIn(path) {
  const script = await bundle(path);
  const html = '<!doctype html><body></body><script type="module" src="/module.js"></script>';
  return serveFiles(async (pathname) => {
    if (pathname === "/module.js") return { body: script };
    if (pathname === "/") return { path: "/index.html", body: html };
    throw new Error("there is no such file");
  });
}

/** @param {string} path @returns {Promise<string>} the module with all that it imports */
async function bundle(path) {
  const { outputFiles } = await build({
    entryPoints: [join(root, path)],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    define: { __LIMPID_VERSION__: JSON.stringify("pictures") },
    logLevel: "error",
  });
  return outputFiles[0]?.text ?? "";
}
