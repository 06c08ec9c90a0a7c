import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { PixelImage, resizeArea, resizeBicubic, type ChannelCount } from "../../src/sdk/image/index.js";
import { pseudoRandomImage } from "./pseudo-random.js";

interface ResizeCase {
  seed: number;
  from: [number, number, ChannelCount];
  to: [number, number];
}

const references = JSON.parse(readFileSync(new URL("fixtures/references.json", import.meta.url), "utf8")) as {
  bicubic: (ResizeCase & { bytes: string })[];
  area: (ResizeCase & { rgb: number[] })[];
};

describe("resizeBicubic", () => {
  test.each(references.bicubic)("gives Pillow's bytes: $from to $to", ({ seed, from, to, bytes }) => {
    const resized = resizeBicubic(pseudoRandomImage(seed, ...from), ...to);
    expect([resized.width, resized.height, resized.channels]).toEqual([...to, from[2]]);
    expect(Buffer.from(resized.data).toString("base64")).toBe(bytes);
  });

  test("keeps a flat image flat", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(255),
        (width, height, outWidth, outHeight, level) => {
          const data = new Uint8Array(width * height * 3).fill(level);
          const image = new PixelImage({ width, height, channels: 3, data, colorSpace: "display-p3" });
          const resized = resizeBicubic(image, outWidth, outHeight);
          expect(resized.data).toEqual(new Uint8Array(outWidth * outHeight * 3).fill(level));
          expect(resized.colorSpace).toBe("display-p3");
        },
      ),
    );
  });

  test("returns the image itself at its own size", () => {
    const image = pseudoRandomImage(1, 4, 5, 3);
    expect(resizeBicubic(image, 4, 5)).toBe(image);
  });

  test("refuses other depths and impossible sizes", () => {
    const deep = new PixelImage({ width: 1, height: 1, channels: 1, data: new Uint16Array(1) });
    expect(() => resizeBicubic(deep, 2, 2)).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
    const image = pseudoRandomImage(1, 4, 5, 3);
    expect(() => resizeBicubic(image, 0, 2)).toThrow(expect.objectContaining({ code: "InvalidImage" }));
  });
});

describe("resizeArea", () => {
  test.each(references.area)("gives OpenCV's averages: $from to $to", ({ seed, from, to, rgb }) => {
    const resized = resizeArea(pseudoRandomImage(seed, ...from), ...to);
    expect(resized.length).toBe(rgb.length);
    const difference = Math.max(...rgb.map((value, index) => Math.abs(value - resized[index]!)));
    expect(difference).toBeLessThan(1e-7);
  });

  test("keeps the mean when the ratio is whole", () => {
    const image = pseudoRandomImage(4, 24, 18, 3);
    const mean = (values: ArrayLike<number>) =>
      Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(resizeArea(image, 8, 6))).toBeCloseTo(mean(image.data) / 255, 6);
    expect(mean(resizeArea(image, 1, 1))).toBeCloseTo(mean(image.data) / 255, 6);
  });

  test("reads 16-bit and float samples, and not alpha", () => {
    const data = new Uint16Array([65535, 0, 0, 1, 0, 65535, 0, 2]);
    const image = new PixelImage({ width: 2, height: 1, channels: 4, data });
    expect(Array.from(resizeArea(image, 1, 1))).toEqual([0.5, 0.5, 0]);
    const float = new PixelImage({
      width: 2,
      height: 1,
      channels: 2,
      data: new Float32Array([0.25, 1, 0.5, 0]),
    });
    expect(Array.from(resizeArea(float, 1, 1))).toEqual([0.375, 0.375, 0.375]);
  });
});
