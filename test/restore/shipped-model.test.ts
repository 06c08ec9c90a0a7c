import { expect, test } from "@jest/globals";
import { readImageFile } from "../../packages/cli/src/files/index.js";
import { modelFromDirectory } from "../../src/node/index.js";
import { psnr } from "../../src/sdk/image/index.js";
import { createLimpid } from "../../src/sdk/limpid/index.js";
import { degrade, severityOfSigma } from "../../src/sdk/training/index.js";

test("the shipped model denoises a photo, alike whole and at every tile size", async () => {
  const { image: clean } = await readImageFile("test/fixtures/photos/raccoon.jpg");
  const noisy = degrade(clean, [{ degradation: "noise", kind: "white", severity: severityOfSigma(25) }], 5);
  const limpid = await createLimpid({ model: modelFromDirectory(), backend: "wasm" });
  const analysis = await limpid.analyze(noisy);
  expect(analysis.degradations[0]).toMatchObject({ degradation: "noise" });
  const restoreBy = async (tileSize: number) => (await limpid.restore(noisy, { tileSize, analysis })).image;
  const whole = await restoreBy(512);
  expect(psnr(whole, clean)).toBeGreaterThan(psnr(noisy, clean) + 5);
  for (const tileSize of [64, 128, 256]) {
    expect(psnr(await restoreBy(tileSize), whole)).toBeGreaterThan(50);
  }
  limpid.dispose();
});
