import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { unzipSync } from "fflate";
import sharp from "sharp";
import { serveExample } from "../../examples/train-in-browser/serve.mjs";
import {
  parseExtensionManifest,
  parseIntegrity,
  readExpertFile,
  verifyIntegrity,
} from "../../src/sdk/packs/index.js";
import { loadModel, modelFromFiles } from "../../src/sdk/restore/index.js";
import { openPage } from "../support/page.js";
import { makeTinyModel } from "../support/tiny-model.js";
import { makePhotos } from "./training-suite.js";

const model = makeTinyModel({ scale: 0.15 });
let server: Awaited<ReturnType<typeof serveExample>>;

beforeAll(async () => {
  server = await serveExample({
    models: (file) => {
      const bytes = model.get(file);
      return bytes === undefined ? Promise.reject(new Error(`no ${file}`)) : Promise.resolve(bytes);
    },
  });
}, 120_000);

afterAll(() => server.close());

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
  const page = await openPage();
  await page.goto(`${server.origin}/`);
  await page.setInputFiles("#before", await pictureFiles(0.6));
  await page.click("#train");
  expect(await page.textContent("#status")).toContain("two are needed");
  await page.setInputFiles("#after", await pictureFiles(1));
  await page.fill("#degradation", "dusk");
  await page.fill("#steps", "3");
  await page.selectOption("#backend", "wasm");
  await page.click("#train");
  await page.waitForFunction(
    () => /^(Done|Failed)/.test(document.getElementById("status")?.textContent ?? ""),
    undefined,
    { timeout: 240_000 },
  );
  expect(await page.textContent("#status")).toMatch(/^Done: held-out pictures .* dB gained/);
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
