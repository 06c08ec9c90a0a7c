import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import sharp, { type Sharp } from "sharp";
import { encodedSize } from "../../src/sdk/page/index.js";

const forms: [string, (image: Sharp) => Sharp][] = [
  ["JPEG", (image) => image.jpeg()],
  [
    "progressive JPEG with a profile and EXIF",
    (image) =>
      image
        .withExif({ IFD0: { Artist: "A" } })
        .withIccProfile("p3")
        .jpeg({ progressive: true }),
  ],
  ["lossy WebP", (image) => image.webp()],
  ["lossless WebP", (image) => image.webp({ lossless: true })],
  ["WebP with alpha and a profile", (image) => image.ensureAlpha(0.5).withIccProfile("p3").webp()],
  ["GIF", (image) => image.gif()],
];

describe("encodedSize", () => {
  test.each(forms)("reads the size of a %s", async (_, encode) => {
    for (const [width, height] of [
      [1, 1],
      [37, 500],
      [1025, 3],
    ] as const) {
      const image = sharp({ create: { width, height, channels: 3, background: "#a37" } });
      const bytes = await encode(image).toBuffer();
      expect(encodedSize(new Uint8Array(bytes))).toEqual({ width, height });
    }
  });

  test("finds none in other files, and never fails", async () => {
    const png = await sharp({ create: { width: 2, height: 2, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    expect(encodedSize(png)).toBeUndefined();
    const jpeg = await sharp({ create: { width: 9, height: 5, channels: 3, background: "red" } })
      .jpeg()
      .toBuffer();
    fc.assert(
      fc.property(fc.nat(jpeg.length), fc.nat(jpeg.length - 1), fc.nat(255), (end, index, value) => {
        const damaged = Uint8Array.from(jpeg);
        damaged[index] = value;
        const size = encodedSize(damaged.subarray(0, end));
        expect(size === undefined || size.width >= 0).toBe(true);
      }),
    );
    const starts = fc.constantFrom("RIFF\0\0\0\0WEBPVP8X", "RIFF\0\0\0\0WEBPVP8 ", "GIF89a", "\xff\xd8\xff");
    fc.assert(
      fc.property(starts, fc.uint8Array({ maxLength: 40 }), (start, rest) => {
        const bytes = Uint8Array.of(...Buffer.from(start, "latin1"), ...rest);
        expect(() => encodedSize(bytes)).not.toThrow();
      }),
    );
  });
});
