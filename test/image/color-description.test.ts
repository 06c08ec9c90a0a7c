import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import sharp from "sharp";
import { LimpidError } from "../../src/sdk/base/index.js";
import { colorModelOfProfile, readColorDescription } from "../../src/sdk/image/index.js";

function box(type: string, ...parts: readonly (Buffer | readonly number[])[]): Buffer {
  const data = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const head = Buffer.from(`\0\0\0\0${type}`, "latin1");
  head.writeUInt32BE(data.length + 8);
  return Buffer.concat([head, data]);
}

/** The head of an AVIF file with two items, of which the second is the photo. */
function makeAvif(primaries: number, transfer: number): Buffer {
  const nclx = (...points: [number, number]) =>
    box("colr", Buffer.from("nclx"), [0, points[0], 0, points[1], 0, 6, 128]);
  const properties = box(
    "ipco",
    box("ispe", [0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 9]),
    nclx(9, 16),
    nclx(primaries, transfer),
  );
  // Item 1 has properties 1 and 2, item 2 has 1 and 3, which is essential.
  const associations = box("ipma", [0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 2, 1, 2, 0, 2, 2, 1, 0x83]);
  const meta = box(
    "meta",
    [0, 0, 0, 0],
    box("pitm", [0, 0, 0, 0, 0, 2]),
    box("iprp", properties, associations),
  );
  return Buffer.concat([box("ftyp", Buffer.from("avif\0\0\0\0avifmif1")), meta, box("mdat", [1, 2, 3])]);
}

describe("the colours of an AVIF file", () => {
  test.each([
    [1, 13, "srgb", false],
    [2, 2, "srgb", false],
    [12, 13, "display-p3", false],
    [1, 1, "srgb", false],
    [9, 1, "icc", true],
    [1, 8, "icc", true],
  ])("of code points %i/%i are %s", async (primaries, transfer, space, hasProfile) => {
    const notes: string[] = [];
    const read = await readColorDescription(makeAvif(primaries, transfer), false, notes);
    expect([read?.colorSpace, read?.iccProfile !== undefined, notes]).toEqual([space, hasProfile, []]);
    if (hasProfile) expect(colorModelOfProfile(read!.iccProfile!)).toBe("rgb");
  });

  test.each([16, 18])("of HDR (transfer %i) are refused", async (transfer) => {
    await expect(readColorDescription(makeAvif(9, transfer), false, [])).rejects.toMatchObject({
      code: "UnsupportedImage",
    });
  });

  test("are those of its profile, byte for byte", async () => {
    const file = await sharp({ create: { width: 16, height: 16, channels: 3, background: "#806040" } })
      .withIccProfile("p3")
      .avif({ effort: 0 })
      .toBuffer();
    const read = await readColorDescription(file, false, []);
    expect(read?.colorSpace).toBe("display-p3");
    expect(Buffer.from(read!.iccProfile!)).toEqual((await sharp(file).metadata()).icc);
  });

  test("never fail with anything but an error of our own, whatever the bytes", async () => {
    const file = makeAvif(12, 13);
    const head = Math.min(file.length, 400);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(head - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0, max: file.length }),
        async (changes, length) => {
          const damaged = Buffer.from(file);
          for (const [position, value] of changes) damaged[position] = value;
          const read = readColorDescription(damaged.subarray(0, length), false, []);
          await read.catch((error: unknown) => expect(LimpidError.is(error)).toBe(true));
        },
      ),
      { numRuns: 300 },
    );
  });
});
