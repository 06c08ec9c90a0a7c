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
  const tiled = await restoreBy(256);
  // A whole photo has its own statistics, and tiles those of blocks with borders of their own: less than a level apart.
  expect(psnr(tiled, whole)).toBeGreaterThan(48.2);
  for (const tileSize of [64, 128]) expect(psnr(await restoreBy(tileSize), tiled)).toBeGreaterThan(60);
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

/** A picture of light without noise of its own, so that what repeats comes from the network. */
function picture(light: (x: number, y: number, channel: number) => number): PixelImage {
  const [width, height] = [256, 192];
  const data = new Uint8Array(width * height * 3).map((_, index) => {
    const [x, y] = [((index / 3) | 0) % width, (index / 3 / width) | 0];
    // The grain keeps 8 bits from showing steps.
    return light(x, y, index % 3) + ((x * 7 + y * 13 + ((x * y) % 5)) % 3) / 3;
  });
  return new PixelImage({ width, height, channels: 3, data });
}

/** A sky, whose light falls slowly. */
const sky = (x: number, y: number, channel: number): number =>
  120 + 30 * channel + 40 * (1 - y / 192) + 8 * Math.sin(x / 90);

/** Two ridges of rough ground, the farther one paler, below a sky that ends at y = 115. */
function hills(x: number, y: number, channel: number): number {
  const rough = Math.sin(x * 0.9 + y * 0.4) * Math.sin(x * 0.31 - y * 0.77) + Math.sin(x * 1.7 - y * 1.1) / 2;
  if (y > 150 + 14 * Math.sin(x / 31) + 6 * Math.sin(x / 9)) return [60, 75, 45][channel]! + 25 * rough;
  if (y > 128 + 10 * Math.sin(x / 50)) return [80, 95, 85][channel]! + 12 * rough;
  return sky(x, y, channel);
}

/** A plain wall with the shadow of somebody who stands before it. */
function shadowed(x: number, y: number, channel: number): number {
  const wall = [205, 160, 110][channel]! + 6 * Math.sin(x / 70);
  const outside = Math.min(Math.hypot(x - 120, y - 50) - 18, Math.hypot(x - 120, Math.max(0, 92 - y)) - 26);
  return wall * (1 - [0.55, 0.5, 0.42][channel]! * Math.min(1, Math.max(0, 0.5 - outside / 8)));
}

/** How far apart the brightest and the darkest of the 64 places of a grid of 8 pixels are in the mean, in levels; above `bottom`. */
function latticeOf({ width, data }: PixelImage, bottom: number): number {
  const sums = new Float64Array(64);
  const counts = new Float64Array(64);
  for (let y = 24; y < bottom; y++) {
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

test.each<[id: string, damaged: PixelImage, bottom: number]>([
  ["limpid.dehaze", degrade(picture(hills), [{ degradation: "haze", severity: 0.7 }], 3), 104],
  ["limpid.relight", picture((...at) => 0.3 * sky(...at)), 168],
  ["limpid.deshadow", picture(shadowed), 168],
])("%s leaves less than a level of lattice where it is smooth", async (id, damaged, bottom) => {
  const { image } = await limpid.restore(damaged, { experts: [{ id, weight: 1 }] });
  expect(psnr(image, damaged)).toBeLessThan(40);
  // Weights 0.6.0 left 2.9, 4.7 and less than 1.
  expect(latticeOf(image, bottom)).toBeLessThan(1);
});

test.each<[id: string, damaged: PixelImage]>([
  ["limpid.dehaze", degrade(picture(sky), [{ degradation: "haze", severity: 0.7 }], 3)],
  [
    "limpid.deshadow",
    picture((x, y, channel) => sky(x, y, channel) * (Math.hypot(x - 128, y - 96) < 60 ? 0.5 : 1)),
  ],
])("%s, named where the router sees no such fault, leaves no lattice either", async (id, damaged) => {
  const { image } = await limpid.restore(damaged, { experts: [{ id, weight: 1 }] });
  // The edge of the disc alone has 1.0; weights 0.6.0 left 1.8, and 0.12.0 of haze 1.1.
  expect(latticeOf(image, 168)).toBeLessThan(1.05);
});
