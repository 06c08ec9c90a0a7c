import { describe, expect, test } from "@jest/globals";
import { PixelImage } from "../../src/sdk/image/index.js";
import { degrade, severityOfSigma } from "../../src/sdk/training/index.js";
import { flatPicture } from "./pictures.js";

/** White noise of an exact strength. */
function addNoise(image: PixelImage, sigma: number, seed: number): PixelImage {
  return degrade(image, [{ degradation: "noise", kind: "white", severity: severityOfSigma(sigma) }], seed);
}

/** The noise alone, on one colour, where nothing is clipped. */
function noiseOf(sigma: number, seed: number, side = 200): number[] {
  const color = [120, 128, 136];
  const { width, height, data } = flatPicture(side, side, 0);
  data.forEach((_, index) => (data[index] = color[index % 3]!));
  const { data: noisy } = addNoise(new PixelImage({ width, height, channels: 3, data }), sigma, seed);
  return Array.from(noisy, (value, index) => value - color[index % 3]!);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

describe("white noise", () => {
  test.each([5, 15, 25])("has a standard deviation of %p, no bias, and normal tails", (sigma) => {
    const values = noiseOf(sigma, 1);
    const variance = meanOf(values.map((value) => value ** 2));
    // Rounding to whole steps adds a variance of 1 / 12.
    expect(Math.abs(Math.sqrt(variance - 1 / 12) - sigma)).toBeLessThan(0.01 * sigma);
    expect(Math.abs(meanOf(values))).toBeLessThan(0.02 * sigma);
    const kurtosis = meanOf(values.map((value) => value ** 4)) / variance ** 2;
    expect(Math.abs(kurtosis - 3)).toBeLessThan(0.08);
    const withinOneSigma = meanOf(values.map((value) => (Math.abs(value) < sigma + 0.5 ? 1 : 0)));
    expect(Math.abs(withinOneSigma - 0.6827)).toBeLessThan(0.05);
  });

  test("is independent from pixel to pixel, line to line and channel to channel", () => {
    const values = noiseOf(25, 2);
    const variance = meanOf(values.map((value) => value ** 2));
    for (const lag of [1, 2, 3, 600]) {
      const products = values.slice(lag).map((value, index) => value * values[index]!);
      expect(Math.abs(meanOf(products) / variance)).toBeLessThan(0.015);
    }
  });

  test("is the same for the same seed, and unrelated for others, however far apart", () => {
    const first = noiseOf(25, 1, 40);
    expect(noiseOf(25, 1, 40)).toEqual(first);
    for (const seed of [0, 2, -1, 1 + 2 ** 32, 1 - 2 ** 40]) {
      const other = noiseOf(25, seed, 40);
      const correlation = meanOf(other.map((value, index) => value * first[index]!)) / 625;
      expect(Math.abs(correlation)).toBeLessThan(0.06);
    }
  });

  test("is clipped at black and white, and leaves alpha and its input alone", () => {
    const data = new Uint8Array([0, 255, 0, 7, 255, 0, 255, 200]);
    const image = new PixelImage({ width: 2, height: 1, channels: 4, data });
    const noisy = addNoise(image, 20, 3);
    expect([noisy.data[3], noisy.data[7]]).toEqual([7, 200]);
    expect([...data]).toEqual([0, 255, 0, 7, 255, 0, 255, 200]);
  });

  test("is grey on a grey picture, and as strong", () => {
    const { data } = addNoise(flatPicture(200, 200, 128), 25, 4);
    const values = Array.from(data, (value) => value - 128);
    expect(values.every((value, index) => value === values[index - (index % 3)])).toBe(true);
    expect(Math.abs(Math.sqrt(meanOf(values.map((value) => value ** 2))) - 25)).toBeLessThan(0.5);
  });

  test.each([2.4, 53, 0, NaN])("of sigma %p is refused", (sigma) => {
    expect(() => addNoise(flatPicture(2, 2, 9), sigma, 1)).toThrow(
      expect.objectContaining({ code: "InvalidArgument" }),
    );
  });

  test.each([0.5, NaN, Infinity, 2 ** 53])("refuses the seed %p", (seed) => {
    expect(() => addNoise(flatPicture(2, 2, 9), 5, seed)).toThrow(
      expect.objectContaining({ code: "InvalidArgument" }),
    );
  });
});
