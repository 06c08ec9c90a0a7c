// npm run measure:memory [-- MEGAPIXELS]: restores one large photo in Node and prints the peak of the process's memory.
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { buildDist, root } from "../../../scripts/dist.mjs";

/** The demand: a 48-megapixel photo within this. */
const limit = 1.5e9;

if (process.argv[2] === "--restore") await restoreFile(process.argv[3] ?? "", process.argv[4] ?? "");
else await measure(Number(process.argv[2] ?? 48));

/** Makes the photo in this process and restores it in another, whose memory is then the restore's alone. */
async function measure(/** @type {number} */ megapixels) {
  await buildDist();
  const folder = mkdtempSync(join(tmpdir(), "limpid-memory-"));
  try {
    const [input, output] = [join(folder, "large.png"), join(folder, "restored.png")];
    const width = Math.round(Math.sqrt((megapixels * 1e6 * 4) / 3));
    const height = Math.round((width * 3) / 4);
    const sample = join(root, "examples/photos/noise.png");
    await sharp(sample).resize(width, height, { fit: "fill" }).png({ compressionLevel: 1 }).toFile(input);
    console.log(`${width} x ${height} pixels`);
    const child = fork(fileURLToPath(import.meta.url), ["--restore", input, output]);
    const code = await new Promise((resolve) => child.on("close", resolve));
    process.exitCode = code === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Restores with the backbone alone, so that every tile runs whatever the router finds. */
async function restoreFile(/** @type {string} */ input, /** @type {string} */ output) {
  const { createLimpid } = await import("limpid");
  const { modelFromDirectory } = await import("limpid/node");
  const { readImageFile, writeImageFile } = await import("limpid-cli/files");
  const limpid = await createLimpid({ model: modelFromDirectory(), backend: "wasm" });
  const { image } = await readImageFile(input);
  let reported = 0;
  const result = await limpid.restore(image, {
    experts: [],
    onProgress({ done, total }) {
      const percent = Math.floor((10 * done) / total) * 10;
      if (percent > reported) console.log(`${(reported = percent)} %`);
    },
  });
  await writeImageFile(output, result.image);
  limpid.dispose();
  const peak = process.resourceUsage().maxRSS * 1024;
  const seconds = (result.timings.total / 1000).toFixed(0);
  console.log(
    `${result.tiles} tiles in ${seconds} s on ${result.backend}; peak memory ${(peak / 1e9).toFixed(2)} GB`,
  );
  process.exit(peak < limit ? 0 : 1);
}
