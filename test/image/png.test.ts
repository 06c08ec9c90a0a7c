import { deflateSync } from "node:zlib";
import { describe, expect, jest, test } from "@jest/globals";
import fc from "fast-check";
import sharp from "sharp";
import { crc32, LimpidError } from "../../src/sdk/base/index.js";
import {
  applyOrientation,
  colorSpaceOfProfile,
  decodePng,
  encodePng,
  PixelImage,
  type ChannelCount,
  type ExifOrientation,
} from "../../src/sdk/image/index.js";
import { makeProfile, primaries, srgbCurve } from "./make-profile.js";

/** A PNG file of any chunks. */
function makeFile(chunks: readonly (readonly [type: string, data: Uint8Array])[]): Uint8Array {
  const parts = [Buffer.from([137, 80, 78, 71, 13, 10, 26, 10])];
  for (const [type, data] of chunks) {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    checksum.writeUInt32BE(crc32(body));
    parts.push(length, body, checksum);
  }
  return new Uint8Array(Buffer.concat(parts));
}

function makeHeader(width: number, height: number, depth: number, type: number, interlace = 0): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, type, 0, 0, interlace], 8);
  return header;
}

const end = ["IEND", new Uint8Array()] as const;

/** A file of unfiltered rows. */
function makeImage(
  header: Uint8Array,
  rows: readonly (readonly number[])[],
  extra: [string, Uint8Array][] = [],
) {
  const raw = Uint8Array.from(rows.flatMap((row) => [0, ...row]));
  return makeFile([["IHDR", header], ...extra, ["IDAT", deflateSync(raw)], end]);
}

function noise(length: number, bitDepth: 8 | 16): Uint8Array | Uint16Array {
  const data = bitDepth === 8 ? new Uint8Array(length) : new Uint16Array(length);
  let state = 7;
  return data.map(() => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 13);
}

type Matrix = readonly (readonly number[])[];

function multiply(matrix: Matrix, vector: readonly number[]): number[] {
  return matrix.map((row) => row.reduce((sum, weight, index) => sum + weight * vector[index]!, 0));
}

/** Linear light to XYZ of D65, by the definitions of the spaces. */
const toXyz = {
  srgb: [
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.072175],
    [0.0193339, 0.119192, 0.9503041],
  ],
  displayP3: [
    [0.4865709, 0.2656677, 0.1982173],
    [0.2289746, 0.6917385, 0.0792869],
    [0, 0.0451134, 1.0439444],
  ],
  adobeRgb: [
    [0.5767309, 0.185554, 0.1881852],
    [0.2973769, 0.6273491, 0.0752741],
    [0.0270343, 0.0706872, 0.9911085],
  ],
  bt2020: [
    [0.636958, 0.1446169, 0.168881],
    [0.2627002, 0.6779981, 0.0593017],
    [0, 0.0280727, 1.0609851],
  ],
} satisfies Readonly<Record<string, Matrix>>;

/** XYZ of D65 to linear sRGB. */
const fromXyz: Matrix = [
  [3.2404542, -1.5371385, -0.4985314],
  [-0.969266, 1.8760108, 0.041556],
  [0.0556434, -0.2040259, 1.0572252],
];

function linearToSrgb(linear: readonly number[]): number[] {
  return linear.map((x) => 255 * (x <= 0.0031308 ? 12.92 * x : 1.055 * Math.min(1, x) ** (1 / 2.4) - 0.055));
}

/** Display P3 to sRGB. */
function toSrgb(p3: readonly number[]): number[] {
  const linear = p3
    .map((value) => value / 255)
    .map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
  return linearToSrgb(multiply(fromXyz, multiply(toXyz.displayP3, linear)));
}

async function codeOf(bytes: Uint8Array, maximumPixels?: number): Promise<string> {
  try {
    await decodePng(bytes, { maximumPixels });
    return "decoded";
  } catch (error) {
    if (LimpidError.is(error)) return error.code;
    throw error;
  }
}

describe("a PNG file", () => {
  const anyImage = fc
    .record({
      width: fc.integer({ min: 1, max: 20 }),
      height: fc.integer({ min: 1, max: 20 }),
      channels: fc.constantFrom<ChannelCount>(1, 2, 3, 4),
      bitDepth: fc.constantFrom<(8 | 16)[]>(8, 16),
      seed: fc.infiniteStream(fc.integer({ min: 0, max: 65535 })),
    })
    .map(({ width, height, channels, bitDepth, seed }) => {
      const data =
        bitDepth === 8
          ? new Uint8Array(width * height * channels)
          : new Uint16Array(width * height * channels);
      for (let index = 0; index < data.length; index++) data[index] = seed.next().value as number;
      return new PixelImage({ width, height, channels, data });
    });

  test("gives back every sample of any image, those under transparent pixels too", async () => {
    await fc.assert(
      fc.asyncProperty(anyImage, async (image) => {
        const { image: decoded, notes } = await decodePng(await encodePng(image));
        expect(notes).toEqual([]);
        expect(decoded).toEqual(image);
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    [8, 3],
    [8, 4],
    [8, 1],
    [16, 3],
    [16, 4],
    [16, 2],
  ] as const)("of ours with %i bits and %i channels is what libpng reads", async (bitDepth, channels) => {
    const [width, height] = [37, 23];
    const image = new PixelImage({
      width,
      height,
      channels,
      data: noise(width * height * channels, bitDepth),
    });
    const read = await sharp(await encodePng(image))
      .toColourspace(bitDepth === 16 ? (channels < 3 ? "grey16" : "rgb16") : channels < 3 ? "b-w" : "srgb")
      .raw({ depth: bitDepth === 16 ? "ushort" : "uchar" })
      .toBuffer({ resolveWithObject: true });
    expect(read.info).toMatchObject({ width, height, channels });
    expect(Buffer.compare(read.data, Buffer.from(image.data.buffer))).toBe(0);
  });

  test.each([
    ["interlaced RGBA", { progressive: true }, 4],
    ["interlaced RGB, every filter", { progressive: true, adaptiveFiltering: true }, 3],
    ["RGB, every filter", { adaptiveFiltering: true }, 3],
    ["a palette of 200", { palette: true, colours: 200 }, 3],
    ["an interlaced palette of 16 with alpha", { palette: true, colours: 16, progressive: true }, 4],
    ["a palette of 4", { palette: true, colours: 4 }, 3],
    ["a palette of 2", { palette: true, colours: 2 }, 3],
  ] as const)("of libpng, %s, is what libpng reads", async (_, options, channels) => {
    const [width, height] = [29, 19];
    const data = noise(width * height * channels, 8);
    const file = await sharp(data, { raw: { width, height, channels } }).png(options).toBuffer();
    const { image, notes } = await decodePng(new Uint8Array(file));
    const read = await sharp(file).raw().toBuffer({ resolveWithObject: true });
    expect([image.width, image.height, image.channels, notes]).toEqual([
      width,
      height,
      read.info.channels,
      [],
    ]);
    expect(Buffer.compare(read.data, Buffer.from(image.data as Uint8Array))).toBe(0);
  });

  test("of 1, 2 and 4 bits is spread over 8, rows of odd lengths and interlaced ones too", async () => {
    const bits = await decodePng(
      makeImage(makeHeader(10, 2, 1, 0), [
        [0b10110010, 0b01000000],
        [0, 0b11000000],
      ]),
    );
    expect([...bits.image.data]).toEqual([..."10110010010000000011"].map((bit) => Number(bit) * 255));
    const pairs = await decodePng(makeImage(makeHeader(3, 1, 2, 0), [[0b00011100]]));
    expect([...pairs.image.data]).toEqual([0, 85, 255]);
    // Adam7 of 3 x 3: passes 1, 4, 5, 6 and 7 have pixels.
    const nibbles = makeImage(makeHeader(3, 3, 4, 0, 1), [
      [0x10],
      [0x20],
      [0x34],
      [0x50],
      [0x60],
      [0x78, 0x90],
    ]);
    expect([...(await decodePng(nibbles)).image.data].map((value) => value / 17)).toEqual([
      1, 5, 2, 7, 8, 9, 3, 6, 4,
    ]);
  });

  test("with one transparent colour gets an alpha channel, compared at full depth", async () => {
    const gray = makeImage(makeHeader(3, 1, 8, 0), [[7, 8, 7]], [["tRNS", Uint8Array.of(0, 7)]]);
    expect((await decodePng(gray)).image).toMatchObject({
      channels: 2,
      data: Uint8Array.of(7, 0, 8, 255, 7, 0),
    });
    const row = [0, 1, 0, 2, 0, 3, 0, 1, 0, 2, 9, 3];
    const deep = makeImage(makeHeader(2, 1, 16, 2), [row], [["tRNS", Uint8Array.of(0, 1, 0, 2, 0, 3)]]);
    expect((await decodePng(deep)).image.data).toEqual(Uint16Array.of(1, 2, 3, 0, 1, 2, 2307, 65535));
    const palette = makeImage(
      makeHeader(4, 1, 2, 3),
      [[0b00011011]],
      [
        ["PLTE", Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9)],
        ["tRNS", Uint8Array.of(0, 128)],
      ],
    );
    expect([...(await decodePng(palette)).image.data]).toEqual([
      1, 2, 3, 0, 4, 5, 6, 128, 7, 8, 9, 255, 0, 0, 0, 255,
    ]);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8] as ExifOrientation[])(
    "of EXIF orientation %i comes upright",
    async (orientation) => {
      const stored = new PixelImage({
        width: 3,
        height: 2,
        channels: 1,
        data: Uint8Array.of(1, 2, 3, 4, 5, 6),
      });
      const motorola = Uint8Array.of(
        77,
        77,
        0,
        42,
        0,
        0,
        0,
        8,
        0,
        1,
        1,
        18,
        0,
        3,
        0,
        0,
        0,
        1,
        0,
        orientation,
        0,
        0,
      );
      const intel = Uint8Array.of(
        73,
        73,
        42,
        0,
        8,
        0,
        0,
        0,
        1,
        0,
        18,
        1,
        3,
        0,
        1,
        0,
        0,
        0,
        orientation,
        0,
        0,
        0,
      );
      for (const exif of [motorola, intel]) {
        const file = makeImage(
          makeHeader(3, 2, 8, 0),
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
          [["eXIf", exif]],
        );
        expect((await decodePng(file)).image).toEqual(applyOrientation(stored, orientation));
      }
    },
  );
});

describe("colours of a PNG file", () => {
  const rgb = (extra: [string, Uint8Array][]) => makeImage(makeHeader(1, 1, 8, 2), [[1, 2, 3]], extra);
  const profileChunk = (profile: Uint8Array): [string, Uint8Array] => [
    "iCCP",
    Buffer.concat([Buffer.from("any name\0\0", "latin1"), deflateSync(profile)]),
  ];
  const numbers = (...values: number[]) => {
    const data = Buffer.alloc(values.length * 4);
    values.forEach((value, index) => data.writeUInt32BE(value, index * 4));
    return data;
  };

  test("keep their profile byte for byte", async () => {
    for (const colors of [primaries.displayP3, primaries.adobeRgb]) {
      const iccProfile = makeProfile(srgbCurve, colors);
      const image = new PixelImage({
        width: 1,
        height: 1,
        channels: 3,
        data: Uint8Array.of(1, 2, 3),
        iccProfile,
      });
      const { image: decoded } = await decodePng(await encodePng(image));
      expect(decoded.iccProfile).toEqual(iccProfile);
      expect(decoded.colorSpace).toBe(colorSpaceOfProfile(iccProfile));
      expect((await sharp(await encodePng(image)).metadata()).icc).toEqual(Buffer.from(iccProfile));
    }
  });

  test("of Display P3 without a profile get one that others understand", async () => {
    const data = Uint8Array.of(255, 0, 0);
    const image = new PixelImage({ width: 1, height: 1, channels: 3, data, colorSpace: "display-p3" });
    const file = await encodePng(image);
    const { image: decoded } = await decodePng(file);
    expect([decoded.colorSpace, decoded.iccProfile?.length]).toEqual(["display-p3", expect.any(Number)]);
    // A green within sRGB's gamut, converted by Little CMS and by the definitions of the two spaces.
    const green = [90, 160, 110];
    const read = await sharp(await encodePng(image.withData(Uint8Array.from(green))))
      .toColourspace("srgb")
      .raw()
      .toBuffer();
    const expected = toSrgb(green);
    expect([...read].map((value, index) => Math.abs(value - expected[index]!) <= 1)).toEqual([
      true,
      true,
      true,
    ]);
  });

  test("are what the strongest chunk says", async () => {
    const p3 = profileChunk(makeProfile(srgbCurve, primaries.displayP3));
    const spaceOf = async (extra: [string, Uint8Array][]) => {
      const { image, notes } = await decodePng(rgb(extra));
      return [image.colorSpace, ...notes];
    };
    expect(await spaceOf([])).toEqual(["srgb"]);
    expect(await spaceOf([p3, ["sRGB", Uint8Array.of(0)]])).toEqual(["display-p3"]);
    expect(await spaceOf([p3, ["cICP", Uint8Array.of(1, 13, 0, 1)]])).toEqual(["srgb"]);
    expect(await spaceOf([["cICP", Uint8Array.of(12, 13, 0, 1)]])).toEqual(["display-p3"]);
    expect(await spaceOf([["gAMA", numbers(45455)]])).toEqual(["srgb"]);
    const p3Points = numbers(31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000);
    expect(
      await spaceOf([
        ["gAMA", numbers(45455)],
        ["cHRM", p3Points],
      ]),
    ).toEqual(["display-p3"]);
    // What no profile can describe, or makes no sense, is said.
    expect(await spaceOf([["cICP", Uint8Array.of(10, 17, 0, 1)]])).toEqual([
      "srgb",
      expect.stringContaining("10/17"),
    ]);
    for (const points of [numbers(0, 0, 0, 0, 0, 0, 0, 0), numbers(31270, 32900, 1, 1, 1, 1, 1, 1)]) {
      expect(await spaceOf([["cHRM", points]])).toEqual(["srgb", expect.stringContaining("no sense")]);
    }
    expect(await spaceOf([["gAMA", numbers(1)]])).toEqual(["srgb", expect.stringContaining("no sense")]);
  });

  test.each([16, 18])("of HDR (transfer %i) are refused", async (transfer) => {
    await expect(decodePng(rgb([["cICP", Uint8Array.of(9, transfer, 0, 1)]]))).rejects.toMatchObject({
      code: "UnsupportedImage",
    });
  });

  const points = {
    adobeRgb: [31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000],
    bt2020: [31270, 32900, 70800, 29200, 17000, 79700, 13100, 4600],
  };
  const curves = {
    linear: (x: number) => x,
    gamma22: (x: number) => x ** 2.2,
    gamma18: (x: number) => x ** (1 / 0.55556),
    gamma24: (x: number) => x ** 2.4,
  };
  test.each([
    ["gAMA of linear light", [["gAMA", numbers(100000)]], "srgb", curves.linear],
    ["gAMA of 1.8", [["gAMA", numbers(55556)]], "srgb", curves.gamma18],
    [
      "gAMA and cHRM of Adobe RGB",
      [
        ["gAMA", numbers(45455)],
        ["cHRM", numbers(...points.adobeRgb)],
      ],
      "adobeRgb",
      curves.gamma22,
    ],
    ["cICP of BT.2020", [["cICP", Uint8Array.of(9, 1, 0, 1)]], "bt2020", curves.gamma24],
    ["cICP of gamma 2.2", [["cICP", Uint8Array.of(1, 4, 0, 1)]], "srgb", curves.gamma22],
  ] as [string, [string, Uint8Array][], keyof typeof toXyz, (x: number) => number][])(
    "told by %s become a profile that others understand",
    async (_, extra, space, curve) => {
      for (const color of [
        [90, 160, 110],
        [200, 190, 60],
        [128, 128, 128],
      ]) {
        const { image, notes } = await decodePng(makeImage(makeHeader(1, 1, 8, 2), [color], extra));
        expect([...image.data, ...notes]).toEqual(color);
        const seen = await sharp(await encodePng(image))
          .toColourspace("srgb")
          .raw()
          .toBuffer();
        const linear = color.map((value) => curve(value / 255));
        const expected = linearToSrgb(multiply(fromXyz, multiply(toXyz[space], linear)));
        const off = [...seen].map((value, index) => Math.abs(value - Math.max(0, expected[index]!)));
        expect(Math.max(...off)).toBeLessThanOrEqual(2);
      }
    },
  );

  test("of grey with a gamma get a profile for grey", async () => {
    const { image } = await decodePng(
      makeImage(makeHeader(1, 1, 8, 0), [[128]], [["gAMA", numbers(100000)]]),
    );
    const file = await encodePng(image);
    expect(image.channels).toBe(1);
    expect((await sharp(file).toColourspace("srgb").raw().toBuffer())[0]).toBe(188);
  });

  test("survive a profile that is cut short, of another kind or no profile at all, with a note", async () => {
    const whole = deflateSync(makeProfile(srgbCurve, primaries.displayP3));
    const name = Buffer.from("Display P3\0\0", "latin1");
    const damaged = [
      whole.subarray(0, 30),
      whole.subarray(0, 2),
      Buffer.alloc(0),
      deflateSync(Buffer.alloc(500)),
    ];
    for (const data of damaged) {
      const { image, notes } = await decodePng(rgb([["iCCP", Buffer.concat([name, data])]]));
      expect([image.colorSpace, image.iccProfile, notes]).toEqual([
        "srgb",
        undefined,
        ["damaged colour profile left out"],
      ]);
    }
    const { notes } = await decodePng(rgb([profileChunk(makeProfile(srgbCurve))]));
    expect(notes).toEqual(["colour profile of another kind of image left out"]);
  });
});

describe("a PNG file that is damaged", () => {
  const good = makeImage(makeHeader(2, 2, 8, 0), [
    [1, 2],
    [3, 4],
  ]);

  test("has a code for each kind of damage", async () => {
    expect(await codeOf(new Uint8Array())).toBe("EmptyFile");
    expect(await codeOf(Uint8Array.of(0xff, 0xd8, 0xff))).toBe("UnsupportedImage");
    expect(await codeOf(good.subarray(0, 8))).toBe("CorruptImage");
    expect(await codeOf(good.subarray(0, 45))).toBe("CorruptImage");
    expect(await codeOf(makeFile([["IDAT", new Uint8Array(4)]]))).toBe("CorruptImage");
    expect(
      await codeOf(
        makeImage(makeHeader(2, 3, 8, 0), [
          [1, 2],
          [3, 4],
        ]),
      ),
    ).toBe("CorruptImage");
    expect(await codeOf(makeImage(makeHeader(0, 2, 8, 0), [[1]]))).toBe("CorruptImage");
    expect(await codeOf(makeImage(makeHeader(1, 1, 8, 3), [[0]]))).toBe("CorruptImage");
    expect(await codeOf(makeImage(makeHeader(1, 1, 3, 0), [[0]]))).toBe("UnsupportedImage");
    expect(await codeOf(makeImage(makeHeader(1, 1, 8, 5), [[0]]))).toBe("UnsupportedImage");
    expect(await codeOf(makeFile([["CgBI", new Uint8Array(4)], end]))).toBe("UnsupportedImage");
    const filter9 = makeFile([
      ["IHDR", makeHeader(1, 1, 8, 0)],
      ["IDAT", deflateSync(Uint8Array.of(9, 1))],
      end,
    ]);
    expect(await codeOf(filter9)).toBe("CorruptImage");
  });

  test("is refused before memory is taken for pixels that it cannot hold", async () => {
    expect(await codeOf(makeImage(makeHeader(40000, 40000, 16, 6), [[1]]))).toBe("ImageTooLarge");
    expect(await codeOf(makeImage(makeHeader(16384, 16384, 16, 6), [[1]]))).toBe("CorruptImage");
    expect(await codeOf(good, 3)).toBe("ImageTooLarge");
    const bomb = makeFile([
      ["IHDR", makeHeader(1, 1, 8, 0)],
      ["IDAT", deflateSync(Buffer.alloc(2 ** 24))],
      end,
    ]);
    expect(await codeOf(bomb)).toBe("decoded");
  });

  test("is read if no pixel is missing: without an end, with bytes behind it, with wrong checksums of words", async () => {
    const { image, notes } = await decodePng(good.subarray(0, good.length - 12));
    expect([[...image.data], notes]).toEqual([[1, 2, 3, 4], ["the file lacks its end"]]);
    expect(await codeOf(Uint8Array.of(...good, 1, 2, 3))).toBe("decoded");
    const described = makeImage(makeHeader(1, 1, 8, 0), [[5]], [["sRGB", Uint8Array.of(0)]]);
    described[8 + 25 + 9 + 1]! ^= 0xff;
    expect(await codeOf(described)).toBe("decoded");
  });

  test("is refused if any bit of its pixels is another, whichever it is", async () => {
    const image = new PixelImage({ width: 7, height: 5, channels: 3, data: noise(105, 8) });
    const file = await encodePng(image);
    const start = Buffer.from(file).indexOf("IDAT") + 4;
    const length = new DataView(file.buffer).getUint32(start - 8);
    for (let bit = 0; bit < length * 8; bit++) {
      const flipped = file.slice();
      flipped[start + (bit >> 3)]! ^= 1 << (bit & 7);
      const read = await decodePng(flipped).catch((error: unknown) => error);
      if (LimpidError.is(read)) expect(read.code).toBe("CorruptImage");
      else expect((read as { image: PixelImage }).image.data).toEqual(image.data);
    }
  });

  test("may be cut into any number of parts, empty ones too", async () => {
    const image = new PixelImage({ width: 40, height: 30, channels: 3, data: noise(3600, 8) });
    const file = Buffer.from(await encodePng(image));
    const at = file.indexOf("IDAT") - 4;
    const length = file.readUInt32BE(at);
    const bytes = Array.from(
      file.subarray(at + 8, at + 8 + length),
      (byte) => ["IDAT", Uint8Array.of(byte)] as const,
    );
    const empty = Array.from({ length: 20_000 }, () => ["IDAT", new Uint8Array()] as const);
    const header = ["IHDR", file.subarray(16, 29)] as const;
    const writes = jest.spyOn(WritableStreamDefaultWriter.prototype, "write");
    const { image: read } = await decodePng(makeFile([header, ...empty, ...bytes, ...empty, end]));
    expect(read.data).toEqual(image.data);
    expect(writes.mock.calls.length).toBe(1);
    writes.mockRestore();
  });

  test("always gives an image or an error with a code: 3000 seeded mutations", async () => {
    const data = noise(16 * 16 * 4, 8);
    const rgba = new PixelImage({ width: 16, height: 16, channels: 4, data });
    const palette = { palette: true, colours: 16, progressive: true };
    const profiled = new PixelImage({ ...rgba, iccProfile: makeProfile(srgbCurve, primaries.displayP3) });
    const seeds = [
      await encodePng(rgba),
      await encodePng(profiled),
      new Uint8Array(
        await sharp(data, { raw: { width: 16, height: 16, channels: 4 } })
          .png(palette)
          .toBuffer(),
      ),
      makeImage(
        makeHeader(3, 1, 8, 0),
        [[7, 8, 7]],
        [
          ["tRNS", Uint8Array.of(0, 7)],
          ["eXIf", new Uint8Array(30)],
        ],
      ),
    ];
    let state = 20261123;
    const random = (limit: number) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % limit;
    const outcomes = new Map<string, number>();
    for (let round = 0; round < 3000; round++) {
      let bytes = seeds[round % seeds.length]!.slice();
      for (let edit = random(4); edit >= 0; edit--) {
        const at = random(bytes.length);
        if (random(8) === 0) bytes = bytes.slice(0, at + 1);
        else if (random(6) === 0)
          bytes = Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(random(at + 1)));
        else bytes[random(3) === 0 ? Math.min(random(64), bytes.length - 1) : at] = random(256);
      }
      // Checksums are mended, so that mutations get past them.
      if (random(2) === 0) mendChecksums(bytes);
      const code = await codeOf(bytes, 2 ** 20);
      outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
    }
    expect([...outcomes.keys()].sort()).toEqual(
      ["CorruptImage", "ImageTooLarge", "UnsupportedImage", "decoded"].sort(),
    );
    expect(Math.min(...outcomes.values())).toBeGreaterThan(20);
  });
});

function mendChecksums(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let offset = 8; offset + 12 <= bytes.length;) {
    const end = offset + 8 + view.getUint32(offset);
    if (end + 4 > bytes.length) return;
    view.setUint32(end, crc32(bytes.subarray(offset + 4, end)));
    offset = end + 4;
  }
}

test("encoding and decoding stop when their signal fires", async () => {
  const image = new PixelImage({ width: 2, height: 2, channels: 1, data: new Uint8Array(4) });
  const signal = AbortSignal.abort();
  await expect(encodePng(image, { signal })).rejects.toMatchObject({ code: "Aborted" });
  await expect(decodePng(await encodePng(image), { signal })).rejects.toMatchObject({ code: "Aborted" });
});

test("floats become 16 bits, grey with a colour profile comes without it", async () => {
  const floats = new PixelImage({ width: 2, height: 1, channels: 1, data: Float32Array.of(0.5, 1.5) });
  expect((await decodePng(await encodePng(floats))).image.data).toEqual(Uint16Array.of(32768, 65535));
  const iccProfile = makeProfile(srgbCurve, primaries.adobeRgb);
  const gray = new PixelImage({ width: 1, height: 1, channels: 1, data: Uint8Array.of(9), iccProfile });
  const { image, notes } = await decodePng(await encodePng(gray));
  expect([image.iccProfile, [...image.data], notes]).toEqual([undefined, [9], []]);
});
