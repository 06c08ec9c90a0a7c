import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { readImageFile } from "../../packages/cli/src/files/index.js";
import { modelFromDirectory } from "../../src/node/index.js";
import { PixelImage, psnr } from "../../src/sdk/image/index.js";
import { createLimpid, type Limpid } from "../../src/sdk/limpid/index.js";
import { degrade, severityOfSigma } from "../../src/sdk/training/index.js";

let limpid: Limpid;

beforeAll(async () => {
  limpid = await createLimpid({ model: modelFromDirectory(), backend: "wasm" });
});
afterAll(() => limpid.dispose());

test("the shipped model denoises a photo, alike whole and at every tile size", async () => {
  const { image: clean } = await readImageFile("test/fixtures/photos/raccoon.jpg");
  const noisy = degrade(clean, [{ degradation: "noise", kind: "white", severity: severityOfSigma(25) }], 5);
  const analysis = await limpid.analyze(noisy);
  expect(analysis.degradations[0]).toMatchObject({ degradation: "noise" });
  const restoreBy = async (tileSize: number) => (await limpid.restore(noisy, { tileSize, analysis })).image;
  const whole = await restoreBy(512);
  expect(psnr(whole, clean)).toBeGreaterThan(psnr(noisy, clean) + 5);
  for (const tileSize of [64, 128, 256]) {
    expect(psnr(await restoreBy(tileSize), whole)).toBeGreaterThan(50);
  }
});

test.each([
  ["noise.png", "noise"],
  ["jpeg.jpg", "jpeg"],
  ["blur.jpg", "blur"],
  ["rain.png", "rain"],
  ["raindrops.jpg", "raindrop"],
  ["snow.jpg", "snow"],
  ["scratches.jpg", "inpainting"],
  ["real/smog.jpg", "haze"],
  ["real/low-light.jpg", "low-light"],
  ["real/sun.jpg", "low-light"],
  ["real/shadow.jpg", "shadow"],
])("of the playground's sample %s the shipped model repairs %s", async (file, degradation) => {
  const { image } = await readImageFile(`examples/photos/${file}`);
  const { present } = await limpid.analyze(image);
  expect(present.map((found) => found.degradation)).toEqual([degradation]);
});

/** A sky, damaged without noise of its own, so that what repeats comes from the network. */
function sky(damaged: (value: number, x: number, y: number) => number): PixelImage {
  const [width, height] = [256, 192];
  const data = new Uint8Array(width * height * 3).map((_, index) => {
    const [x, y] = [((index / 3) | 0) % width, (index / 3 / width) | 0];
    // Its light falls slowly; the grain keeps 8 bits from showing steps.
    const grain = ((x * 7 + y * 13 + ((x * y) % 5)) % 3) / 3;
    const light = 120 + 30 * (index % 3) + 40 * (1 - y / height) + 8 * Math.sin(x / 90);
    return damaged(light, x, y) + grain;
  });
  return new PixelImage({ width, height, channels: 3, data });
}

/** How far apart the brightest and the darkest of the 64 places of a grid of 8 pixels are in the mean, in levels. */
function latticeOf({ width, height, data }: PixelImage): number {
  const sums = new Float64Array(64);
  const counts = new Float64Array(64);
  for (let y = 24; y < height - 24; y++) {
    for (let x = 24; x < width - 24; x++) {
      const at = (dx: number, dy: number): number => data[((y + dy) * width + x + dx) * 3 + 1]!;
      // Against the mean of a whole period across and down, in which no lattice is left.
      let mean = 0;
      for (let step = -4; step < 4; step++) mean += (at(step, 0) + at(0, step)) / 16;
      const place = (y % 8) * 8 + (x % 8);
      sums[place]! += at(0, 0) - mean;
      counts[place]!++;
    }
  }
  const means = sums.map((sum, place) => sum / counts[place]!);
  return Math.max(...means) - Math.min(...means);
}

test.each<[id: string, damaged: PixelImage]>([
  [
    "limpid.dehaze",
    degrade(
      sky((value) => value),
      [{ degradation: "haze", severity: 0.7 }],
      3,
    ),
  ],
  ["limpid.relight", sky((value) => 0.3 * value)],
  ["limpid.deshadow", sky((value, x, y) => value * (Math.hypot(x - 128, y - 96) < 60 ? 0.5 : 1))],
])("%s leaves less than a level of lattice in a sky", async (id, damaged) => {
  const { image } = await limpid.restore(damaged, { experts: [{ id, weight: 1 }] });
  expect(psnr(image, damaged)).toBeLessThan(55);
  // 0.0, 0.9 and 1.0 by weights 0.10.0; the edge of the shadow alone has 1.0, and weights 0.6.0 left 3.7, 5.0 and 1.8.
  expect(latticeOf(image)).toBeLessThan(1.05);
});
