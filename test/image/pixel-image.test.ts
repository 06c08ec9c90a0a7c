import { describe, expect, test } from "@jest/globals";
import { LimpidError } from "../../src/sdk/base/index.js";
import { maximumPixelCount, PixelImage, type PixelImageInit } from "../../src/sdk/image/index.js";

const valid: PixelImageInit = { width: 3, height: 2, channels: 3, data: new Uint8Array(18) };

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (LimpidError.is(error)) return error.code;
    throw error;
  }
  return "none";
}

describe("PixelImage", () => {
  test("becomes image data: rounded to 8 bits, grey repeated, opaque without alpha", () => {
    class FakeImageData {
      readonly data: Uint8ClampedArray;
      readonly colorSpace: string;
      constructor(
        readonly width: number,
        readonly height: number,
        { colorSpace }: { colorSpace: string },
      ) {
        this.data = new Uint8ClampedArray(width * height * 4);
        this.colorSpace = colorSpace;
      }
    }
    const grey = new PixelImage({
      width: 2,
      height: 1,
      channels: 2,
      data: Uint16Array.of(0, 65535, 65535, 257 * 7 + 100),
    });
    expect(codeOf(() => grey.toImageData())).toBe("NotSupported"); // Node has none
    Object.assign(globalThis, { ImageData: FakeImageData });
    try {
      expect([...grey.toImageData().data]).toEqual([0, 0, 0, 255, 255, 255, 255, 7]);
      const pink = { width: 1, height: 1, channels: 3, data: Float32Array.of(1, 0.5, 2) } as const;
      const wide = new PixelImage({ ...pink, colorSpace: "display-p3" }).toImageData();
      expect([...wide.data, wide.colorSpace]).toEqual([255, 128, 255, 255, "display-p3"]);
      const profiled = new PixelImage({ ...valid, iccProfile: Uint8Array.of(1) });
      expect(codeOf(() => profiled.toImageData())).toBe("NotSupported");
    } finally {
      Reflect.deleteProperty(globalThis, "ImageData");
    }
  });

  test("knows its depth, alpha and greyness", () => {
    const kinds = ([1, 2, 3, 4] as const).map((channels) => {
      const image = new PixelImage({ width: 1, height: 2, channels, data: new Uint16Array(2 * channels) });
      return [image.bitDepth, image.maximum, image.hasAlpha, image.isGray];
    });
    expect(kinds).toEqual([
      [16, 65535, false, true],
      [16, 65535, true, true],
      [16, 65535, false, false],
      [16, 65535, true, false],
    ]);
    expect(new PixelImage(valid).bitDepth).toBe(8);
    const float = new PixelImage({ ...valid, data: new Float32Array(18) });
    expect([float.bitDepth, float.maximum]).toEqual([32, 1]);
  });

  test.each([
    ["no width", { width: 0 }],
    ["a negative height", { height: -2 }],
    ["a fractional width", { width: 1.5, data: new Uint8Array(9) }],
    ["a width that is not a number", { width: NaN }],
    ["too many channels", { channels: 5, data: new Uint8Array(30) }],
    ["fractional channels", { channels: 1.5, data: new Uint8Array(9) }],
    ["too few samples", { data: new Uint8Array(17) }],
    ["too many samples", { data: new Uint8Array(19) }],
    ["samples of a wrong type", { data: new Float64Array(18) }],
    ["samples in a plain array", { data: new Array(18).fill(0) }],
    ["no samples", { data: undefined }],
    ["an unknown colour space", { colorSpace: "adobe" }],
    ["a profile colour space without its profile", { colorSpace: "icc" }],
    ["an empty profile", { iccProfile: new Uint8Array(0) }],
    ["a profile that is not bytes", { iccProfile: "profile" }],
  ])("refuses %s", (_, change) => {
    expect(codeOf(() => new PixelImage({ ...valid, ...change } as PixelImageInit))).toBe("InvalidImage");
  });

  test("refuses more pixels than any image may have, before it looks at the samples", () => {
    const size = { width: maximumPixelCount, height: 2 };
    expect(codeOf(() => new PixelImage({ ...valid, ...size }))).toBe("ImageTooLarge");
  });

  test("takes the colour space from what is known", () => {
    const iccProfile = new Uint8Array([1, 2, 3]);
    expect(new PixelImage(valid).colorSpace).toBe("srgb");
    expect(new PixelImage({ ...valid, iccProfile }).colorSpace).toBe("icc");
    expect(new PixelImage({ ...valid, iccProfile, colorSpace: "display-p3" }).colorSpace).toBe("display-p3");
  });

  test("wraps the pixels of a canvas without copying them", () => {
    const data = new Uint8ClampedArray([1, 2, 3, 4, 5, 6, 7, 8]);
    const image = PixelImage.fromImageData({ width: 2, height: 1, data, colorSpace: "display-p3" });
    expect(image.channels).toBe(4);
    expect(image.colorSpace).toBe("display-p3");
    data[0] = 99;
    expect(image.data[0]).toBe(99);
    expect(PixelImage.fromImageData({ width: 2, height: 1, data }).colorSpace).toBe("srgb");
  });

  test("refuses canvas pixels that are not 8-bit or of a colour space that it does not know", () => {
    const float = new Float32Array(4) as unknown as Uint8ClampedArray;
    expect(codeOf(() => PixelImage.fromImageData({ width: 1, height: 1, data: float }))).toBe("InvalidImage");
    const data = new Uint8ClampedArray(4);
    const wide = { width: 1, height: 1, data, colorSpace: "rec2100-pq" };
    expect(codeOf(() => PixelImage.fromImageData(wide))).toBe("InvalidImage");
  });

  test("clones samples, also those of a Node buffer, whose slice would share them", () => {
    const image = new PixelImage({ ...valid, data: Buffer.alloc(18), iccProfile: new Uint8Array([7]) });
    const copy = image.clone();
    image.data[0] = 200;
    expect(copy.data[0]).toBe(0);
    expect(copy.data.constructor).toBe(Uint8Array);
    expect(copy.iccProfile).toEqual(new Uint8Array([7]));
    expect(copy.colorSpace).toBe("icc");
  });

  test("takes other samples of the right number", () => {
    const image = new PixelImage({ ...valid, colorSpace: "display-p3" });
    const other = image.withData(new Uint16Array(18));
    expect([other.bitDepth, other.colorSpace, other.width]).toEqual([16, "display-p3", 3]);
    expect(codeOf(() => image.withData(new Uint16Array(17)))).toBe("InvalidImage");
  });
});
