import { describe, expect, test } from "@jest/globals";
import {
  colorStatistics,
  colorStatisticsSide,
  colorStatisticsSize,
  convertBitDepth,
  PixelImage,
  resizeArea,
} from "../../src/sdk/image/index.js";
import { pseudoRandomImage } from "./pseudo-random.js";

/** As router rows see it. */
const statisticsOf = (image: PixelImage): Float32Array =>
  colorStatistics(resizeArea(image, colorStatisticsSide, colorStatisticsSide));

/** Mean, deviation and the five quantiles of red, green, blue and saturation. */
const planesOf = (image: PixelImage): number[][] => {
  const statistics = [...statisticsOf(image)];
  expect(statistics).toHaveLength(colorStatisticsSize);
  return [0, 1, 2, 3].map((plane) => statistics.slice(7 * plane, 7 * plane + 7));
};

const rgbImage = (width: number, height: number, at: (x: number, y: number) => readonly number[]) => {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set(at(x, y), 3 * (y * width + x));
  return new PixelImage({ width, height, channels: 3, data });
};

describe("colour statistics", () => {
  test("of one colour are that colour, without deviation", () => {
    const [red, green, blue, saturation] = planesOf(rgbImage(5, 9, () => [204, 102, 51]));
    const flat = (value: number) =>
      [value, 0, value, value, value, value, value].map((v) => expect.closeTo(v, 5));
    expect([red, green, blue, saturation]).toEqual([flat(0.8), flat(0.4), flat(0.2), flat(0.6)]);
  });

  test("of a slope are its mean, its deviation and its quantiles", () => {
    // 64 columns, 4 n / 255 each: the quantile q of 4,096 pixels is column floor(q * 4095 / 64).
    const [red, green] = planesOf(rgbImage(64, 64, (x) => [4 * x, 0, 0]));
    const columns = [0, 6, 32, 57, 63].map((column) => expect.closeTo((4 * column) / 255, 5));
    const deviation = Math.sqrt((64 ** 2 - 1) / 12);
    expect(red).toEqual([
      expect.closeTo((4 * 31.5) / 255, 5),
      expect.closeTo((4 * deviation) / 255, 5),
      ...columns,
    ]);
    expect(green).toEqual(new Array(7).fill(0));
  });

  test("are those of the reduced image: a fine pattern is its mean", () => {
    const [red] = planesOf(rgbImage(256, 256, (x, y) => ((x + y) % 2 ? [255, 255, 255] : [0, 0, 0])));
    expect(red).toEqual([0.5, 0, 0.5, 0.5, 0.5, 0.5, 0.5].map((value) => expect.closeTo(value, 5)));
  });

  test("do not depend on the bit depth; grey has no saturation", () => {
    const image = pseudoRandomImage(3, 40, 30, 3);
    const deep = statisticsOf(convertBitDepth(image, 16));
    statisticsOf(image).forEach((value, index) => expect(deep[index]).toBeCloseTo(value, 5));
    const [red, , blue, saturation] = planesOf(pseudoRandomImage(3, 40, 30, 1));
    expect(red).toEqual(blue);
    expect(saturation).toEqual(new Array(7).fill(0));
  });
});
