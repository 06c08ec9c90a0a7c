import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { PixelImage, psnr, ssim, type ChannelCount } from "../../src/sdk/image/index.js";
import { pseudoRandomBytes, pseudoRandomImage } from "./pseudo-random.js";

interface Scores {
  psnr: number;
  gaussian: number;
  uniform7: number;
  uniform11: number;
}

const { metrics } = JSON.parse(
  readFileSync(new URL("fixtures/references.json", import.meta.url), "utf8"),
) as {
  metrics: {
    seed: number;
    size: [number, number, ChannelCount];
    border: number;
    rgb: Scores;
    y?: Scores;
    "y-bgr"?: Scores;
  }[];
};

/** The pair of images of `metric_case` in `fixtures/make_references.py`. */
function makePair(seed: number, width: number, height: number, channels: ChannelCount): PixelImage[] {
  const count = width * height * channels;
  const fine = pseudoRandomBytes(seed, count);
  const noise = pseudoRandomBytes(seed + 1000, count);
  const a = new Uint8Array(count);
  const b = new Uint8Array(count);
  for (let y = 0, index = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++, index++) {
        const ramp = (x * (3 + c) + y * (5 - c)) % 256;
        a[index] = Math.floor((ramp * 7 + fine[index]!) / 8);
        b[index] = Math.min(Math.max(a[index]! + Math.floor(noise[index]! / 6) - 20, 0), 255);
      }
    }
  }
  return [a, b].map((data) => new PixelImage({ width, height, channels, data }));
}

describe("metrics agree with scikit-image", () => {
  for (const { seed, size, border, ...spaces } of metrics) {
    for (const space of ["rgb", "y", "y-bgr"] as const) {
      const expected = spaces[space];
      if (!expected) continue;
      test(`${size.join(" x ")}, border ${border}, ${space}`, () => {
        const [a, b] = makePair(seed, ...size) as [PixelImage, PixelImage];
        expect(psnr(a, b, { space, border })).toBeCloseTo(expected.psnr, 8);
        for (const window of ["gaussian", "uniform7", "uniform11"] as const) {
          expect(ssim(a, b, { space, border, window })).toBeCloseTo(expected[window], 8);
        }
        expect(ssim(a, b, { space, border })).toBe(ssim(a, b, { space, border, window: "gaussian" }));
      });
    }
  }
});

describe("psnr", () => {
  test("of a known error", () => {
    const flat = (level: number) =>
      new PixelImage({ width: 3, height: 3, channels: 3, data: new Uint8Array(27).fill(level) });
    expect(psnr(flat(100), flat(125))).toBeCloseTo(20 * Math.log10(255 / 25), 10);
    expect(psnr(flat(100), flat(100))).toBe(Infinity);
  });

  test("ignores alpha and the border", () => {
    const image = pseudoRandomImage(1, 6, 6, 4);
    const other = image.clone();
    for (let index = 3; index < other.data.length; index += 4) other.data[index] = 255 - other.data[index]!;
    expect(psnr(image, other)).toBe(Infinity);
    other.data[0] = 255 - other.data[0]!;
    expect(psnr(image, other)).toBeLessThan(60);
    expect(psnr(image, other, { border: 1 })).toBe(Infinity);
  });

  test("compares grey with RGB, and 8 with 16 bits", () => {
    const gray = pseudoRandomImage(1, 5, 4, 1);
    const data = new Uint16Array(60);
    for (let index = 0; index < 60; index++) data[index] = gray.data[Math.floor(index / 3)]! * 257;
    const deep = new PixelImage({ width: 5, height: 4, channels: 3, data });
    expect(psnr(gray, deep)).toBeGreaterThan(300);
    expect(psnr(gray, deep, { space: "y" })).toBeGreaterThan(200);
    data[0] = data[0]! ^ 0x8000;
    expect(psnr(gray, deep)).toBeCloseTo(10 * Math.log10(60 / (32768 / 65535) ** 2), 6);
  });

  test("refuses images of different sizes and a border that leaves nothing", () => {
    const a = pseudoRandomImage(1, 6, 5, 3);
    const refused = expect.objectContaining({ code: "InvalidArgument" });
    expect(() => psnr(a, pseudoRandomImage(1, 5, 6, 3))).toThrow(refused);
    expect(() => psnr(a, a, { border: 3 })).toThrow(refused);
    expect(() => psnr(a, a, { border: -1 })).toThrow(refused);
    expect(() => psnr(a, a, { border: 0.5 })).toThrow(refused);
  });
});

describe("ssim", () => {
  test("is 1 for equal images and less otherwise", () => {
    const a = pseudoRandomImage(1, 12, 11, 3);
    for (const window of ["gaussian", "uniform7", "uniform11"] as const) {
      expect(ssim(a, a, { window })).toBeCloseTo(1, 12);
      expect(ssim(a, pseudoRandomImage(9, 12, 11, 3), { window })).toBeLessThan(0.5);
    }
  });

  test("refuses images in which no window fits", () => {
    const a = pseudoRandomImage(1, 30, 10, 3);
    const refused = expect.objectContaining({ code: "InvalidArgument" });
    expect(() => ssim(a, a)).toThrow(refused);
    expect(ssim(a, a, { window: "uniform7" })).toBeCloseTo(1, 12);
    expect(() => ssim(a, a, { window: "uniform7", border: 2 })).toThrow(refused);
  });
});
