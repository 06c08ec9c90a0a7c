import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  bleedColorUnderAlpha,
  PixelImage,
  type ChannelCount,
  type PixelData,
} from "../../src/sdk/image/index.js";
import { pseudoRandomImageOfDepth } from "./pseudo-random.js";

const anyAlphaImage = fc
  .record({
    seed: fc.nat(1e6),
    width: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40 })),
    height: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40 })),
    channels: fc.constantFrom<ChannelCount>(2, 4),
    bitDepth: fc.constantFrom<8 | 16 | 32>(8, 16, 32),
  })
  .map((kind) => pseudoRandomImageOfDepth(kind.seed, kind.width, kind.height, kind.channels, kind.bitDepth));

function rgba(width: number, height: number, pixel: (x: number, y: number) => number[]): PixelImage {
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set(pixel(x, y), (y * width + x) * 4);
  }
  return new PixelImage({ width, height, channels: 4, data });
}

function range(
  data: PixelData,
  channels: number,
  channel: number,
  keep: (alpha: number) => boolean,
): number[] {
  const values = Array.from(data).filter(
    (_, index) => index % channels === channel && keep(data[index - channel + channels - 1]!),
  );
  return [Math.min(...values), Math.max(...values)];
}

describe("bleedColorUnderAlpha", () => {
  test("leaves alpha and visible colours bit-identical and stays within the visible range", () => {
    fc.assert(
      fc.property(anyAlphaImage, (image) => {
        const filled = bleedColorUnderAlpha(image);
        const { channels } = image;
        for (let index = 0; index < image.data.length; index++) {
          const channel = index % channels;
          const alpha = image.data[index - channel + channels - 1]!;
          if (alpha > 0 || channel === channels - 1) expect(filled.data[index]).toBe(image.data[index]);
        }
        const visible = image.data.some((value, index) => index % channels === channels - 1 && value > 0);
        if (!visible) return;
        for (let channel = 0; channel < channels - 1; channel++) {
          const [low, high] = range(image.data, channels, channel, (alpha) => alpha > 0);
          const [filledLow, filledHigh] = range(filled.data, channels, channel, () => true);
          const slack = image.maximum / 65535;
          expect(filledLow).toBeGreaterThanOrEqual(low! - slack);
          expect(filledHigh).toBeLessThanOrEqual(high! + slack);
        }
      }),
    );
  });

  test("leaves no dark fringe around a disc on transparent black", () => {
    const inDisc = (x: number, y: number) => (x - 50) ** 2 + (y - 37) ** 2 < 400;
    const image = rgba(101, 77, (x, y) => (inDisc(x, y) ? [200, 120, 40, 255] : [0, 0, 0, 0]));
    const filled = bleedColorUnderAlpha(image);
    for (let index = 0; index < filled.data.length; index += 4) {
      expect(Array.from(filled.data.subarray(index, index + 3))).toEqual([200, 120, 40]);
    }
    expect(image.data[0]).toBe(0);
  });

  test("takes the colour of the nearer side", () => {
    const image = rgba(64, 8, (x) =>
      x < 8 ? [250, 0, 0, 255] : x >= 56 ? [0, 0, 250, 255] : [0, 255, 0, 0],
    );
    const { data } = bleedColorUnderAlpha(image);
    const at = (x: number) => Array.from(data.subarray((4 * 64 + x) * 4, (4 * 64 + x) * 4 + 3));
    expect(at(8)[0]).toBeGreaterThan(235);
    expect(at(55)[2]).toBeGreaterThan(235);
    expect(at(16)[0]).toBeGreaterThan(at(16)[2]!);
    expect(at(47)[2]).toBeGreaterThan(at(47)[0]!);
    expect(data.some((value, index) => index % 4 === 1 && value !== 0)).toBe(false);
  });

  test("counts a faint pixel less than an opaque one", () => {
    const image = rgba(
      3,
      1,
      (x) =>
        [
          [0, 0, 0, 0],
          [200, 200, 200, 255],
          [10, 10, 10, 1],
        ][x]!,
    );
    const filled = bleedColorUnderAlpha(image);
    expect(filled.data[0]).toBeGreaterThan(190);
  });

  test("returns the image itself where there is nothing to fill or nothing to fill from", () => {
    for (const alpha of [0, 255]) {
      const image = rgba(5, 3, (x, y) => [x, y, 7, alpha]);
      expect(bleedColorUnderAlpha(image)).toBe(image);
    }
    const opaque = pseudoRandomImageOfDepth(1, 5, 5, 3, 8);
    expect(bleedColorUnderAlpha(opaque)).toBe(opaque);
  });
});
