import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  applyOrientation,
  convertBitDepth,
  crop,
  PixelImage,
  type ChannelCount,
  type ExifOrientation,
} from "../../src/sdk/image/index.js";
import { pseudoRandomImageOfDepth } from "./pseudo-random.js";

const orientations = [1, 2, 3, 4, 5, 6, 7, 8] as const;

const anyImage = fc
  .record({
    seed: fc.nat(1e6),
    width: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 150 })),
    height: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 150 })),
    channels: fc.constantFrom<ChannelCount>(1, 2, 3, 4),
    bitDepth: fc.constantFrom<8 | 16 | 32>(8, 16, 32),
  })
  .map((kind) => pseudoRandomImageOfDepth(kind.seed, kind.width, kind.height, kind.channels, kind.bitDepth));

function letters(image: PixelImage): string[] {
  return Array.from({ length: image.height }, (_, y) =>
    String.fromCharCode(...image.data.subarray(y * image.width, (y + 1) * image.width)),
  );
}

function turn(image: PixelImage, ...sequence: ExifOrientation[]): PixelImage {
  return sequence.reduce((turned, orientation) => applyOrientation(turned, orientation), image);
}

describe("applyOrientation", () => {
  test.each([
    [1, ["abc", "def"]],
    [2, ["cba", "fed"]],
    [3, ["fed", "cba"]],
    [4, ["def", "abc"]],
    [5, ["ad", "be", "cf"]],
    [6, ["da", "eb", "fc"]],
    [7, ["fc", "eb", "da"]],
    [8, ["cf", "be", "ad"]],
  ] as const)("orientation %i", (orientation, upright) => {
    const data = new Uint8Array([..."abcdef"].map((letter) => letter.charCodeAt(0)));
    const stored = new PixelImage({ width: 3, height: 2, channels: 1, data });
    expect(letters(applyOrientation(stored, orientation))).toEqual(upright);
  });

  test("obeys the laws of the group of a rectangle's symmetries", () => {
    fc.assert(
      fc.property(anyImage, (image) => {
        const same = (a: PixelImage, b: PixelImage) => {
          expect([a.width, a.height, a.channels]).toEqual([b.width, b.height, b.channels]);
          expect(a.data).toEqual(b.data);
        };
        for (const mirror of [2, 3, 4, 5, 7] as const) same(turn(image, mirror, mirror), image);
        same(turn(image, 6, 8), image);
        same(turn(image, 8, 6), image);
        same(turn(image, 6, 6), turn(image, 3));
        same(turn(image, 2, 4), turn(image, 3));
        same(turn(image, 5, 2), turn(image, 6));
        same(turn(image, 6, 2), turn(image, 5));
        same(turn(image, 5, 3), turn(image, 7));
        same(turn(image, 2, 6), turn(image, 7));
      }),
      { numRuns: 25 },
    );
  });

  test("keeps every pixel whole, with its depth and colour space", () => {
    const iccProfile = new Uint8Array([1]);
    const stored = new PixelImage({
      ...pseudoRandomImageOfDepth(3, 67, 130, 4, 16),
      colorSpace: "icc",
      iccProfile,
    });
    const pixel = (image: PixelImage, x: number, y: number) =>
      Array.from(image.data.subarray((y * image.width + x) * 4, (y * image.width + x) * 4 + 4));
    // Where the upright image's pixel (5, 7) is stored.
    const sources = [
      [5, 7],
      [61, 7],
      [61, 122],
      [5, 122],
      [7, 5],
      [7, 124],
      [59, 124],
      [59, 5],
    ] as const;
    for (const orientation of orientations) {
      const upright = applyOrientation(stored, orientation);
      expect([upright.bitDepth, upright.iccProfile, upright.colorSpace]).toEqual([16, iccProfile, "icc"]);
      const [x, y] = sources[orientation - 1]!;
      expect(pixel(upright, 5, 7)).toEqual(pixel(stored, x, y));
    }
  });

  test.each([0, 9, 1.5, NaN])("refuses orientation %d", (orientation) => {
    const image = pseudoRandomImageOfDepth(3, 2, 2, 3, 8);
    expect(() => applyOrientation(image, orientation as ExifOrientation)).toThrow(
      expect.objectContaining({ code: "InvalidArgument" }),
    );
  });
});

describe("crop", () => {
  test("copies the pixels of the rectangle", () => {
    const data = new Uint8Array([..."abcdefghijkl"].map((letter) => letter.charCodeAt(0)));
    const image = new PixelImage({ width: 4, height: 3, channels: 1, data, colorSpace: "display-p3" });
    const cut = crop(image, { x: 1, y: 1, width: 3, height: 2 });
    expect(letters(cut)).toEqual(["fgh", "jkl"]);
    expect(cut.colorSpace).toBe("display-p3");
    cut.data[0] = 0;
    expect(image.data[5]).toBe("f".charCodeAt(0));
  });

  test("of the whole is a copy", () => {
    fc.assert(
      fc.property(anyImage, (image) => {
        const copy = crop(image, { x: 0, y: 0, width: image.width, height: image.height });
        expect(copy.data).toEqual(image.data);
        expect(copy.data).not.toBe(image.data);
      }),
      { numRuns: 25 },
    );
  });

  test.each([
    { x: -1, y: 0, width: 2, height: 1 },
    { x: 3, y: 0, width: 2, height: 1 },
    { x: 0, y: 2, width: 1, height: 2 },
    { x: 0, y: 0, width: 0, height: 1 },
  ])("refuses %j of 4 x 3", (rect) => {
    const image = pseudoRandomImageOfDepth(1, 4, 3, 3, 8);
    expect(() => crop(image, rect)).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
  });
});

describe("convertBitDepth", () => {
  test("to more bits and back is the identity", () => {
    const levels = Uint8Array.from({ length: 256 }, (_, index) => index);
    const image = new PixelImage({ width: 256, height: 1, channels: 1, data: levels });
    expect(convertBitDepth(convertBitDepth(image, 16), 8).data).toEqual(levels);
    expect(convertBitDepth(convertBitDepth(image, 32), 8).data).toEqual(levels);
    const deep = image.withData(Uint16Array.from({ length: 256 }, (_, index) => index * 257 - (index % 3)));
    expect(convertBitDepth(convertBitDepth(deep, 32), 16).data).toEqual(deep.data);
    expect(convertBitDepth(image, 8)).toBe(image);
  });

  test("rounds to nearest and clamps floats", () => {
    const data = new Float32Array([-1, 2, NaN, 0.499 / 255, 0.501 / 255, Infinity]);
    const image = new PixelImage({ width: 6, height: 1, channels: 1, data });
    expect(Array.from(convertBitDepth(image, 8).data)).toEqual([0, 255, 0, 0, 1, 255]);
    const deep = new PixelImage({
      width: 4,
      height: 1,
      channels: 1,
      data: new Uint16Array([128, 129, 385, 386]),
    });
    expect(Array.from(convertBitDepth(deep, 8).data)).toEqual([0, 1, 1, 2]);
  });
});
