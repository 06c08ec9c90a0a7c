/**
 * When a person can judge a photo of 12 megapixels in the playground: `node packages/lab/bench/first-look.mjs [PHOTO]` opens it in
 * three pages, one after the other, in Chromium on WebAssembly, and prints when its preview was there and what the page said
 * when, in seconds from the drop. The visible part is restored when the preparation of the whole begins. Without a photo the pond
 * of `examples/photos` is enlarged.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import sharp from "sharp";
import { buildPlayground } from "../../../examples/playground/build.mjs";
import { serveFolder } from "../../../examples/shared/static-server.mjs";
import { buildDist, root } from "../../../scripts/dist.mjs";
import { findChromium } from "../../../scripts/machine.mjs";

await buildDist();
const site = await serveFolder(await buildPlayground());
const folder = mkdtempSync(join(tmpdir(), "limpid-first-look-"));
let [, , photo] = process.argv;
if (photo === undefined) {
  photo = join(folder, "pond.jpg");
  const pond = join(root, "examples/photos/real/low-light.jpg");
  await sharp(pond).resize(4000, 3000, { fit: "fill" }).jpeg({ quality: 92 }).toFile(photo);
}
console.log(`${cpus()[0]?.model}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`);
const browser = await chromium.launch({
  executablePath: findChromium() ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
try {
  for (let run = 0; run < 3; run++) console.log(await look(await browser.newPage(), photo));
} finally {
  await browser.close();
  await site.close();
  rmSync(folder, { recursive: true });
}

/** @param {import("playwright-core").Page} page @param {string} file */
async function look(page, file) {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(`${site.origin}/`);
  await page.waitForSelector("text=WebAssembly, in a worker");
  const dropped = Date.now();
  await page.setInputFiles("#file", file);
  await page.waitForSelector(".has-photo #photo-canvas");
  const said = [`${((Date.now() - dropped) / 1000).toFixed(2)} preview`];
  for (const text of ["Restoring what you look at first…", "Preparing…"]) {
    await page.waitForFunction((words) => document.body.innerText.includes(words), text);
    said.push(`${((Date.now() - dropped) / 1000).toFixed(2)} ${text}`);
  }
  await page.close();
  return said.join("  ");
}
