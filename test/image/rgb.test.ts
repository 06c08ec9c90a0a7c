import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { PixelImage, readRgb, writeRgb, type ChannelCount, type Rect } from "../../src/sdk/image/index.js";
import { pseudoRandomImageOfDepth } from "./pseudo-random.js";

const anyImage = fc
  .record({
    seed: fc.nat(1e6),
    width: fc.integer({ min: 1, max: 12 }),
    height: fc.integer({ min: 1, max: 12 }),
    channels: fc.constantFrom<ChannelCount>(1, 2, 3, 4),
    bitDepth: fc.constantFrom<8 | 16 | 32>(8, 16, 32),
  })
  .map((kind) => pseudoRandomImageOfDepth(kind.seed, kind.width, kind.height, kind.channels, kind.bitDepth));

const anyRect: fc.Arbitrary<Rect> = fc.record({
  x: fc.integer({ min: -15, max: 15 }),
  y: fc.integer({ min: -15, max: 15 }),
  width: fc.integer({ min: 1, max: 15 }),
  height: fc.integer({ min: 1, max: 15 }),
});

function whole(image: PixelImage): Rect {
  return { x: 0, y: 0, width: image.width, height: image.height };
}

describe("readRgb", () => {
  test("reads each depth to 0..1 and repeats grey", () => {
    const pixel = (channels: ChannelCount, data: Uint8Array | Uint16Array | Float32Array) =>
      Array.from(readRgb(new PixelImage({ width: 1, height: 1, channels, data }), whole1));
    const whole1 = { x: 0, y: 0, width: 1, height: 1 };
    expect(pixel(3, new Uint8Array([0, 255, 51]))).toEqual([0, 1, Math.fround(0.2)]);
    expect(pixel(4, new Uint16Array([65535, 0, 13107, 5]))).toEqual([1, 0, Math.fround(0.2)]);
    expect(pixel(1, new Uint8Array([51]))).toEqual(new Array(3).fill(Math.fround(0.2)));
    expect(pixel(2, new Float32Array([0.25, 0]))).toEqual([0.25, 0.25, 0.25]);
    expect(pixel(3, new Float32Array([NaN, 0.5, 1]))).toEqual([0, 0.5, 1]);
  });

  test("repeats the nearest edge pixel outside the image", () => {
    fc.assert(
      fc.property(anyImage, anyRect, (image, rect) => {
        const rgb = readRgb(image, rect);
        for (let row = 0; row < rect.height; row++) {
          for (let column = 0; column < rect.width; column++) {
            const x = Math.min(Math.max(rect.x + column, 0), image.width - 1);
            const y = Math.min(Math.max(rect.y + row, 0), image.height - 1);
            const offset = (row * rect.width + column) * 3;
            expect(rgb.slice(offset, offset + 3)).toEqual(readRgb(image, { x, y, width: 1, height: 1 }));
          }
        }
      }),
    );
  });

  test("fills the memory it is given, and refuses memory of another length", () => {
    const image = pseudoRandomImageOfDepth(1, 4, 3, 3, 8);
    const out = new Float32Array(36).fill(9);
    expect(readRgb(image, whole(image), out)).toBe(out);
    expect(out).toEqual(readRgb(image, whole(image)));
    expect(() => readRgb(image, whole(image), new Float32Array(35))).toThrow(/36 values, not 35/);
  });

  test.each([
    { x: 0.5, y: 0, width: 1, height: 1 },
    { x: 0, y: 0, width: 0, height: 1 },
    { x: 0, y: NaN, width: 1, height: 1 },
    { x: 0, y: 0, width: 1, height: -1 },
  ])("refuses the rectangle %j", (rect) => {
    const image = pseudoRandomImageOfDepth(1, 4, 3, 3, 8);
    expect(() => readRgb(image, rect)).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
  });
});

describe("writeRgb", () => {
  test("writes back what readRgb read, bit for bit, for every kind of image and rectangle", () => {
    fc.assert(
      fc.property(anyImage, anyRect, (image, rect) => {
        const target = image.clone();
        writeRgb(target, rect, readRgb(image, rect));
        expect(target.data).toEqual(image.data);
      }),
    );
  });

  test("keeps all 256 and all 65536 levels", () => {
    for (const levels of [256, 65536]) {
      const Samples = levels === 256 ? Uint8Array : Uint16Array;
      const ramp = new Samples(levels).map((_, index) => index);
      const image = new PixelImage({ width: levels, height: 1, channels: 1, data: ramp });
      const target = image.withData(new Samples(levels));
      writeRgb(target, whole(target), readRgb(image, whole(image)));
      expect(target.data).toEqual(ramp);
    }
  });

  test("changes visible pixels within the rectangle and nothing else", () => {
    fc.assert(
      fc.property(anyImage, anyRect, (image, rect) => {
        const target = image.clone();
        const value = 0.123;
        writeRgb(target, rect, new Float32Array(rect.width * rect.height * 3).fill(value));
        const written = image.bitDepth === 32 ? Math.fround(value) : Math.round(value * image.maximum);
        const { channels } = image;
        for (let y = 0, index = 0; y < image.height; y++) {
          for (let x = 0; x < image.width; x++, index += channels) {
            const isInside =
              x >= rect.x && y >= rect.y && x < rect.x + rect.width && y < rect.y + rect.height;
            const alpha = image.hasAlpha ? image.data[index + channels - 1]! : 1;
            const before = Array.from(image.data.subarray(index, index + channels));
            const after = Array.from(target.data.subarray(index, index + channels));
            const expected = before.map((sample, channel) =>
              isInside && alpha > 0 && !(image.hasAlpha && channel === channels - 1) ? written : sample,
            );
            expect(after).toEqual(expected);
          }
        }
      }),
    );
  });

  test("leaves all 256 levels of alpha and the colour under alpha 0 as they are", () => {
    const data = new Uint8Array(256 * 4);
    for (let level = 0; level < 256; level++) data.set([200, 100, 50, level], level * 4);
    const target = new PixelImage({ width: 256, height: 1, channels: 4, data });
    writeRgb(target, whole(target), new Float32Array(256 * 3).fill(1));
    expect(Array.from(target.data.subarray(0, 4))).toEqual([200, 100, 50, 0]);
    for (let level = 1; level < 256; level++) {
      expect(Array.from(target.data.subarray(level * 4, level * 4 + 4))).toEqual([255, 255, 255, level]);
    }
  });

  test("rounds to nearest and clamps", () => {
    const image = new PixelImage({ width: 2, height: 1, channels: 3, data: new Uint8Array(6) });
    const rgb = new Float32Array([-1, 2, NaN, 100.49 / 255, 100.51 / 255, Infinity]);
    writeRgb(image, whole(image), rgb);
    expect(Array.from(image.data)).toEqual([0, 255, 0, 100, 101, 255]);
    const float = image.withData(new Float32Array(6));
    writeRgb(float, whole(float), rgb);
    expect(Array.from(float.data.subarray(0, 3))).toEqual([0, 1, 0]);
  });

  test("gives a grey image the luma of the result", () => {
    const image = new PixelImage({ width: 4, height: 1, channels: 1, data: new Uint16Array(4) });
    writeRgb(image, whole(image), new Float32Array([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1]));
    expect(Array.from(image.data)).toEqual([19595, 38469, 7471, 65535]);
  });

  test("refuses RGB of another length", () => {
    const image = pseudoRandomImageOfDepth(1, 4, 3, 3, 8);
    expect(() => writeRgb(image, whole(image), new Float32Array(37))).toThrow(/36 values, not 37/);
  });
});
