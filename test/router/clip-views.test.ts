import { describe, expect, test } from "@jest/globals";
import { PixelImage, resizeBicubic } from "../../src/sdk/image/index.js";
import { clipMean, clipStandardDeviation, clipViews } from "../../src/sdk/router/index.js";

function noise(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 2654435761) >>> 24);
}

const rgb = new PixelImage({ width: 31, height: 18, channels: 3, data: noise(31 * 18 * 3) });

describe("clipViews", () => {
  test("are the whole image and the quadrants of the image at twice the size", () => {
    const size = 14;
    const views = clipViews(rgb, size);
    expect(views).toHaveLength(5 * size * size * 3);
    const whole = resizeBicubic(rgb, size, size);
    const doubled = resizeBicubic(rgb, 2 * size, 2 * size);
    const expectPixel = (
      view: number,
      x: number,
      y: number,
      source: PixelImage,
      sx: number,
      sy: number,
    ): void => {
      for (const channel of [0, 1, 2] as const) {
        const actual = views[((view * size + y) * size + x) * 3 + channel]!;
        const value = source.data[(sy * source.width + sx) * 3 + channel]! / 255;
        expect(actual).toBeCloseTo((value - clipMean[channel]) / clipStandardDeviation[channel], 5);
      }
    };
    for (const [x, y] of [
      [0, 0],
      [13, 0],
      [5, 13],
    ] as const) {
      expectPixel(0, x, y, whole, x, y);
      expectPixel(1, x, y, doubled, x, y);
      expectPixel(2, x, y, doubled, size + x, y);
      expectPixel(3, x, y, doubled, x, size + y);
      expectPixel(4, x, y, doubled, size + x, size + y);
    }
  });

  test("ignore alpha", () => {
    const data = new Uint8Array(31 * 18 * 4);
    for (let pixel = 0; pixel < 31 * 18; pixel++) {
      data.set(rgb.data.subarray(pixel * 3, pixel * 3 + 3), pixel * 4);
      data[pixel * 4 + 3] = pixel % 256;
    }
    const rgba = new PixelImage({ width: 31, height: 18, channels: 4, data });
    expect(clipViews(rgba, 7)).toEqual(clipViews(rgb, 7));
  });

  test("repeat grey in three channels", () => {
    const gray = new PixelImage({ width: 9, height: 9, channels: 1, data: noise(81) });
    const tripled = new PixelImage({
      width: 9,
      height: 9,
      channels: 3,
      data: Uint8Array.from({ length: 243 }, (_, index) => gray.data[Math.floor(index / 3)]!),
    });
    expect(clipViews(gray, 7)).toEqual(clipViews(tripled, 7));
  });

  test("take 16-bit images as their 8 upper bits' worth", () => {
    const deep = rgb.withData(Uint16Array.from(rgb.data as Uint8Array, (value) => value * 257));
    expect(clipViews(deep, 7)).toEqual(clipViews(rgb, 7));
  });

  test("exist for an image of one pixel", () => {
    const pixel = new PixelImage({ width: 1, height: 1, channels: 3, data: Uint8Array.of(255, 0, 128) });
    const [red, green, blue] = clipViews(pixel, 4).subarray(5 * 16 * 3 - 3);
    expect(red).toBeCloseTo((1 - clipMean[0]) / clipStandardDeviation[0], 5);
    expect(green).toBeCloseTo(-clipMean[1] / clipStandardDeviation[1], 5);
    expect(blue).toBeCloseTo((128 / 255 - clipMean[2]) / clipStandardDeviation[2], 5);
  });

  test.each([0, -1, 1.5, Number.NaN])("have no side of %d pixels", (size) => {
    expect(() => clipViews(rgb, size)).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
  });
});
