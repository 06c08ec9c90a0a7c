import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import sharp from "sharp";
import { PixelImage, psnr } from "../../src/sdk/image/index.js";
import { roundTripJpeg, type ChromaSubsampling } from "../../src/sdk/training/index.js";
import { flatPicture, texturedPicture } from "./pictures.js";

/** The same through libjpeg-turbo, as sharp brings it. */
async function throughLibjpeg(
  { width, height, channels, data }: PixelImage,
  quality: number,
  chromaSubsampling: ChromaSubsampling,
): Promise<Uint8Array> {
  const file = await sharp(data, { raw: { width, height, channels } })
    .jpeg({ quality, chromaSubsampling, mozjpeg: false, optimiseCoding: false })
    .toBuffer();
  return new Uint8Array(await sharp(file).raw().toBuffer());
}

/** A picture between smooth and pure noise. */
function pictureOf(width: number, height: number, seed: number, roughness: number): PixelImage {
  const picture = texturedPicture(width, height);
  let state = seed;
  for (let index = 0; index < picture.data.length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const random = state >>> 24;
    picture.data[index] = Math.round(picture.data[index]! * (1 - roughness) + random * roughness);
  }
  return picture;
}

const subsamplings = fc.constantFrom<ChromaSubsampling>("4:2:0", "4:4:4");

describe("roundTripJpeg", () => {
  test("gives what libjpeg-turbo gives, to the bit, at every size and quality", async () => {
    const side = fc.integer({ min: 1, max: 36 });
    const roughness = fc.constantFrom(0, 0.2, 1);
    await fc.assert(
      fc.asyncProperty(
        side,
        side,
        fc.integer({ min: 1, max: 100 }),
        subsamplings,
        fc.nat(),
        roughness,
        async (width, height, quality, subsampling, seed, rough) => {
          const picture = pictureOf(width, height, seed, rough);
          const expected = await throughLibjpeg(picture, quality, subsampling);
          expect(roundTripJpeg(picture, quality, subsampling).data).toEqual(expected);
        },
      ),
      { seed: 1, numRuns: 100 },
    );
  }, 60_000);

  test("of a picture with long rows, too", async () => {
    const picture = pictureOf(517, 301, 3, 0.1);
    const expected = await throughLibjpeg(picture, 10, "4:2:0");
    expect(roundTripJpeg(picture, 10, "4:2:0").data).toEqual(expected);
  });

  test("loses more at lower quality, and a flat picture nothing", () => {
    const picture = texturedPicture(64, 48);
    const quality = [5, 10, 20, 40, 80].map((q) => psnr(picture, roundTripJpeg(picture, q, "4:2:0")));
    expect(quality).toEqual([...quality].sort((a, b) => a - b));
    expect(psnr(picture, roundTripJpeg(picture, 5, "4:2:0"))).toBeLessThan(28);
    const flat = flatPicture(30, 20, 128);
    expect(roundTripJpeg(flat, 10, "4:2:0").data).toEqual(flat.data);
  });

  test("takes grey, alpha and 16 bits, and leaves its input alone", () => {
    const data = new Uint16Array(12 * 10 * 2).fill(40000);
    const gray = new PixelImage({ width: 12, height: 10, channels: 2, data });
    const result = roundTripJpeg(gray, 50, "4:2:0");
    expect(result).toMatchObject({ width: 12, height: 10, channels: 3, bitDepth: 8 });
    expect(new Set(result.data)).toEqual(new Set([156]));
    expect(data.every((value) => value === 40000)).toBe(true);
  });

  test.each([0, 101, 10.5, NaN])("refuses quality %p", (quality) => {
    expect(() => roundTripJpeg(texturedPicture(8, 8), quality, "4:2:0")).toThrow(
      expect.objectContaining({ code: "InvalidArgument" }),
    );
  });
});
