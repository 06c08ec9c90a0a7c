import { expect, test } from "@jest/globals";
import { unzipSync } from "fflate";
import sharp from "sharp";
import { buildExamples } from "../../examples/gallery/build.mjs";
import {
  parseExtensionManifest,
  parseIntegrity,
  readExpertFile,
  verifyIntegrity,
} from "../../src/sdk/packs/index.js";
import { loadModel, modelFromFiles } from "../../src/sdk/restore/index.js";
import { model, openBuilt, serveBuilt } from "../examples/built-examples.js";
import { makePhotos } from "./training-suite.js";

serveBuilt(buildExamples);

/** Five photos as PNG files, and the same ones darkened. */
async function pictureFiles(factor: number): Promise<{ name: string; mimeType: string; buffer: Buffer }[]> {
  return Promise.all(
    makePhotos(5, 80, 72).map(async ({ name, image: { width, height, data } }) => {
      const picture = sharp(data as Uint8Array, { raw: { width, height, channels: 3 } }).linear(factor, 0);
      return { name, mimeType: "image/png", buffer: await picture.png().toBuffer() };
    }),
  );
}

test("the page trains an expert from pairs under its policy and hands out a whole pack", async () => {
  const { page, errors } = await openBuilt("train-in-browser/");
  const [first, ...others] = await pictureFiles(0.6);
  await page.setInputFiles("#before", first!);
  expect(await page.textContent("#before-count")).toBe("1 picture");
  await page.setInputFiles("#before", others);
  expect(await page.textContent("#before-count")).toBe("5 pictures");
  await page.click("#train");
  expect(await page.textContent("#problem")).toBe(
    "0 pairs: two are needed at least, with the same names on both sides.",
  );
  const clean = await pictureFiles(1);
  await page.setInputFiles("#after", clean[0]!);
  expect(await page.textContent("#unpaired")).toMatch(/^Left out, on one side only: .* and others\.$/);
  await page.click("#train");
  expect(await page.textContent("#problem")).toMatch(/^1 pair: /);
  await page.setInputFiles("#after", clean.slice(1));
  expect(await page.textContent("#unpaired")).toBe("");

  // What no manifest may have is not trained.
  for (const [field, name] of [
    ["#degradation", "My Fault"],
    ["#publisher", "-me"],
  ] as const) {
    const good = await page.inputValue(field);
    await page.fill(field, name);
    await page.click("#train");
    expect(await page.locator(`${field}:invalid`).count()).toBe(1);
    expect(await page.locator("#stop").isDisabled()).toBe(true);
    await page.fill(field, good);
    expect(await page.locator(`${field}:invalid`).count()).toBe(0);
  }
  await page.fill("#degradation", "dusk");
  await page.fill("#steps", "3");
  await page.selectOption("#backend", "wasm");
  await page.click("#train");
  await page.locator("#status", { hasText: /^Done: held-out pictures .* dB gained/ }).waitFor();
  expect(errors).toEqual([]);
  expect(await page.evaluate(() => (document.getElementById("curve") as HTMLImageElement).naturalWidth)).toBe(
    720,
  );

  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#download")]);
  expect(download.suggestedFilename()).toBe("limpid-dusk.zip");
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  const entries = Object.entries(unzipSync(new Uint8Array(Buffer.concat(chunks))));
  const files = new Map(entries.map(([path, bytes]) => [path.replace(/^limpid-dusk\//, ""), bytes]));
  const { contributes, id } = parseExtensionManifest(files.get("package.json")!, "the pack");
  const integrity = parseIntegrity(files.get("integrity.json")!, id);
  verifyIntegrity(integrity, files);
  expect([integrity.id, contributes.experts[0]?.id]).toEqual(["me.limpid-dusk", "me.dusk"]);
  const { manifest } = await loadModel(modelFromFiles(model));
  const { expert, routerRow } = readExpertFile(
    files.get("experts/dusk.safetensors")!,
    manifest.backbone.config,
  );
  expert.requireBase(manifest.backbone.tensorSha256);
  expect(routerRow?.degradation).toBe("dusk");
  const golden = await sharp(files.get(contributes.experts[0]!.golden.before)).metadata();
  expect([golden.width, golden.height]).toEqual([80, 72]);
});
