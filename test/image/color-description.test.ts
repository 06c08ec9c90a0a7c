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

/** Bits of an AV1 sequence header up to its colours (AV1 specification, 5.5), as text of 0 and 1. */
function makeSequenceHeader(
  kind: "still" | "video" | "video with timing",
  colors: readonly [number, number] | undefined,
): Buffer {
  const bits = (value: number, count: number) => value.toString(2).padStart(count, "0");
  const timing =
    kind === "video"
      ? "0" // no timing
      : `1${bits(1, 32)}${bits(60, 32)}1001011${bits(9, 5)}${bits(1, 32)}${bits(3, 10)}`;
  const points =
    kind === "video"
      ? `1${bits(0, 5)}${bits(0, 12)}${bits(9, 5)}11${bits(4, 4)}`
      : `0${bits(1, 5)}${`${bits(0, 12)}${bits(5, 5)}1${bits(7, 21)}`.repeat(2)}`;
  const size = `${bits(5, 4)}${bits(6, 4)}${bits(63, 6)}${bits(95, 7)}`;
  const head =
    kind === "still"
      ? `00011${bits(4, 5)}${size}010`
      : `00000${timing}${points}${size}1${bits(0, 7)}0100101111${kind === "video" ? "101" : "011"}${bits(6, 3)}`;
  const described = colors === undefined ? "0" : `1${bits(colors[0], 8)}${bits(colors[1], 8)}${bits(6, 8)}`;
  const all = `${head}01100${described}1`.padEnd(512, "0");
  const header = Buffer.from(all.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)));
  // A temporal delimiter, and a unit with its size in two bytes.
  return Buffer.concat([Buffer.from([0x12, 0, 0x0a, header.length | 128, 0]), header]);
}

/** The head of an AVIF file that tells its colours in its stream alone. */
function makeAvifOfStream(units: Buffer, where: "box" | "data" | "grid"): Buffer {
  const configuration = box("av1C", [0x81, 0x20, 0, 0], where === "box" ? units : []);
  const size = box("ispe", [0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 9]);
  // Item 2 is the photo; a grid has its size alone, and item 1 is its tile.
  const properties = where === "grid" ? [1, 1] : [2, 1, 2];
  const associations = box("ipma", [0, 0, 0, 0, 0, 0, 0, 1, 0, 2], properties);
  const ftyp = box("ftyp", Buffer.from("avif\0\0\0\0avifmif1"));
  const metaOf = (offset: number) => {
    const at = Buffer.alloc(8);
    at.writeUInt32BE(offset);
    at.writeUInt32BE(where === "box" ? 0 : units.length, 4);
    const other = [0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 4];
    const items = [
      [0, where === "grid" ? 2 : 1, ...other],
      [0, where === "grid" ? 1 : 2, 0, 0, 0, 1, ...at],
    ];
    return box(
      "meta",
      [0, 0, 0, 0],
      box("pitm", [0, 0, 0, 0, 0, 2]),
      box("iloc", [0, 0, 0, 0, 0x44, 0, 0, 2], items.flat()),
      box("iprp", box("ipco", size, configuration), associations),
    );
  };
  const offset = ftyp.length + metaOf(0).length + 8;
  return Buffer.concat([ftyp, metaOf(offset), box("mdat", units)]);
}

describe("the colours of an AVIF file without a colr box", () => {
  test.each(
    (["still", "video", "video with timing"] as const).flatMap((kind) =>
      (["box", "data", "grid"] as const).map((where) => [kind, where] as const),
    ),
  )("are those of its stream: a %s's, in its %s", async (kind, where) => {
    const read = (colors: readonly [number, number] | undefined) =>
      readColorDescription(makeAvifOfStream(makeSequenceHeader(kind, colors), where), false, []);
    expect(await read([12, 13])).toEqual({ colorSpace: "display-p3", iccProfile: undefined });
    expect((await read([9, 8]))?.colorSpace).toBe("icc");
    expect(await read(undefined)).toEqual({ colorSpace: "srgb", iccProfile: undefined });
    await expect(read([9, 16])).rejects.toMatchObject({ code: "UnsupportedImage" });
  });

  test("are sRGB in a file of an encoder that writes none", async () => {
    const file = await sharp({ create: { width: 16, height: 16, channels: 3, background: "#806040" } })
      .avif({ effort: 0 })
      .toBuffer();
    expect(file.includes("colr")).toBe(false);
    expect(await readColorDescription(file, false, [])).toEqual({
      colorSpace: "srgb",
      iccProfile: undefined,
    });
  });

  test("are not read from the stream of a HEIC file, which a note says", async () => {
    const file = makeAvifOfStream(makeSequenceHeader("still", [12, 13]), "data");
    const heic = Buffer.from(file.toString("latin1").replaceAll("av1C", "hvcC"), "latin1");
    const notes: string[] = [];
    expect((await readColorDescription(heic, false, notes))?.colorSpace).toBe("srgb");
    expect(notes).toEqual([expect.stringContaining("HEVC")]);
  });
});

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

  test.each([
    ["code points", makeAvif(12, 13)],
    ["a stream", makeAvifOfStream(makeSequenceHeader("video with timing", [12, 13]), "grid")],
  ])("in %s never fail with anything but an error of our own, whatever the bytes", async (_, file) => {
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
