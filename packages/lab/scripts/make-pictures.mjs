// npm run pictures: restores the samples with the shipped weights and draws docs/images/before-after.jpg and real.jpg of them,
// and docs/images/degradations.jpg of what the recipes do to a photo.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { drawDegradationSheet } from "./degradation-sheet.mjs";
import { buildDist, root } from "../../../scripts/dist.mjs";

await buildDist();
const { createLimpid } = await import("limpid");
const authoring = await import("limpid/authoring");
const { modelFromDirectory } = await import("limpid/node");
const { readImageFile, writeImageFile } = await import("limpid-cli/files");

const photos = join(root, "examples/photos");
const size = { width: 448, height: 336 };
const gap = 8;
const caption = 30;

const limpid = await createLimpid({ model: modelFromDirectory(), backend: "wasm" });
mkdirSync(join(root, "docs/images"), { recursive: true });
await drawBeforeAfter("before-after.jpg", [
  { file: "noise.png", clean: "noise.png" },
  { file: "jpeg.jpg", clean: "jpeg.png" },
  { file: "rain.png", clean: "rain.png" },
]);
await drawBeforeAfter("real.jpg", [
  { file: "real/low-light.jpg" },
  { file: "real/sun.jpg" },
  { file: "real/smog.jpg" },
]);
limpid.dispose();

/**
 * Draws photos above what comes of them, with what the router says, and the PSNR where there is a clean one.
 *
 * @param {string} name - of the picture in docs/images
 * @param {readonly { file: string, clean?: string }[]} samples
 */
async function drawBeforeAfter(name, samples) {
  /** @type {Parameters<ReturnType<typeof sharp>["composite"]>[0]} */
  const layers = [];
  for (const [column, { file, clean }] of samples.entries()) {
    const { image } = await readImageFile(join(photos, file));
    const original = clean && (await readImageFile(join(photos, "clean", clean))).image;
    const { image: restored, analysis, mixture } = await limpid.restore(image);
    const output = join(root, "build", `${column}.png`);
    mkdirSync(join(root, "build"), { recursive: true });
    await writeImageFile(output, restored);
    const [found] = analysis.degradations;
    const experts = mixture.map(({ expert }) => expert).join(" + ") || "the backbone alone";
    const left = column * (size.width + gap);
    const say = (/** @type {string} */ text) => ({
      text: {
        text: `<span foreground="#222222">${text}</span>`,
        rgba: true,
        font: "sans",
        dpi: 96,
        width: size.width,
      },
    });
    const quality = (/** @type {typeof image} */ of) =>
      original ? `, ${authoring.psnr(of, original).toFixed(1)} dB` : "";
    const before = `${found?.degradation} ${Math.round(100 * (found?.probability ?? 0))} %${quality(image)}`;
    const after = `${experts}${quality(restored)}`;
    layers.push(
      { input: say(before), left: left + 6, top: 6 },
      { input: join(photos, file), left, top: caption },
      { input: say(after), left: left + 6, top: caption + size.height + gap + 2 },
      { input: output, left, top: 2 * caption + size.height + gap },
    );
    console.log(`${file}: ${before} -> ${after}`);
  }
  const picture = {
    width: samples.length * size.width + (samples.length - 1) * gap,
    height: 2 * (size.height + caption) + gap,
  };
  await sharp({ create: { ...picture, channels: 3, background: "#ffffff" } })
    .composite(layers)
    .jpeg({ quality: 88, chromaSubsampling: "4:4:4" })
    .toFile(join(root, "docs/images", name));
}

const { image: photo } = await readImageFile(join(photos, "clean/rain.png"));
await drawDegradationSheet(authoring, photo, join(root, "docs/images/degradations.jpg"));
