import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import fc from "fast-check";
import sharp, { type Sharp } from "sharp";
import { readImageFile, writeImageFile } from "../../packages/cli/src/files/index.js";
import { colorSpaceOfProfile, PixelImage, type ChannelCount } from "../../src/sdk/image/index.js";
import { makeProfile, primaries, srgbCurve } from "../image/make-profile.js";
import { pseudoRandomImage, pseudoRandomImageOfDepth } from "../image/pseudo-random.js";

let folder: string;

beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), "limpid-image-file-"));
});

afterEach(async () => {
  jest.restoreAllMocks();
  await fs.rm(folder, { recursive: true });
});

function at(name: string): string {
  return join(folder, name);
}

async function save(name: string, bytes: Uint8Array): Promise<string> {
  await fs.writeFile(at(name), bytes);
  return at(name);
}

function fromRaw(image: PixelImage): Sharp {
  const { width, height, channels } = image;
  return sharp(image.data, { raw: { width, height, channels } });
}

function failure(code: string, message?: RegExp): object {
  return expect.objectContaining({
    name: expect.stringMatching(/^(Limpid|Output)Error$/),
    code,
    ...(message && { message: expect.stringMatching(message) }),
  });
}

/** A PNG file with one more chunk, behind its header. */
function withChunk(png: Buffer, type: string, data: Uint8Array): Buffer {
  const headerEnd = 33;
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return Buffer.concat([png.subarray(0, headerEnd), chunk, png.subarray(headerEnd)]);
}

function withProfile(png: Buffer, profile: Uint8Array): Buffer {
  return withChunk(png, "iCCP", Buffer.concat([Buffer.from("test\0\0", "latin1"), deflateSync(profile)]));
}

/** A JPEG file with a profile in one segment, whatever its bytes are. */
function withJpegProfile(jpeg: Buffer, profile: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from("ICC_PROFILE\0\x01\x01", "latin1"), profile]);
  const head = Buffer.from([0xff, 0xe2, (body.length + 2) >> 8, (body.length + 2) & 255]);
  return Buffer.concat([jpeg.subarray(0, 2), head, body, jpeg.subarray(2)]);
}

/** Little-endian TIFF pages, uncompressed, each with tags besides those that it needs, and a page that hangs below it. */
function makeTiff(pages: readonly TiffPage[]): Buffer {
  const parts: Buffer[] = [Buffer.from("II*\0\0\0\0\0", "latin1")];
  let end = 8;
  let link = { part: parts[0]!, at: 4 };
  const append = (bytes: Buffer): number => {
    parts.push(bytes, Buffer.alloc(bytes.length & 1));
    end += bytes.length + (bytes.length & 1);
    return end - bytes.length - (bytes.length & 1);
  };
  const write = ({ width, height, samples, channels = 1, tags = [], below }: TiffPage): Buffer => {
    const data = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    const child = below && append(write(below));
    const bits = samples.BYTES_PER_ELEMENT * 8;
    const all: (readonly [tag: number, value: number | readonly number[] | Uint16Array])[] = [
      ...([
        [256, width],
        [257, height],
        [258, channels === 1 ? bits : Uint16Array.of(bits, bits, bits)],
        [259, 1], // not compressed
        [262, channels === 1 ? 1 : 2], // black is zero, or RGB
        [273, append(data)],
        [277, channels],
        [278, height], // rows per strip
        [279, data.length],
        [339, samples instanceof Float32Array ? 3 : 1],
      ] as const),
      ...tags,
      ...(child === undefined ? [] : [[330, child] as const]),
    ];
    const byTag = [...new Map(all)].sort(([one], [other]) => one - other);
    const directory = Buffer.alloc(2 + byTag.length * 12 + 4);
    directory.writeUInt16LE(byTag.length);
    byTag.forEach(([tag, value], index) => {
      const isTable = value instanceof Uint16Array;
      const values = typeof value === "number" ? [value] : [...value];
      const field = isTable
        ? Buffer.from(value.buffer)
        : Buffer.from(Uint32Array.from(values.flatMap((each) => [each * 1e4, 1e4])).buffer);
      directory.writeUInt16LE(tag, 2 + index * 12);
      directory.writeUInt16LE(isTable ? 3 : typeof value === "number" ? 4 : 5, 4 + index * 12);
      directory.writeUInt32LE(values.length, 6 + index * 12);
      directory.writeUInt32LE(typeof value === "number" ? value : append(field), 10 + index * 12);
    });
    return directory;
  };
  for (const page of pages) {
    const directory = write(page);
    link.part.writeUInt32LE(append(directory), link.at);
    link = { part: directory, at: directory.length - 4 };
  }
  return Buffer.concat(parts);
}

interface TiffPage {
  readonly width: number;
  readonly height: number;
  readonly samples: Uint8Array | Uint16Array | Float32Array;
  /** One, grey, if left out. */
  readonly channels?: 1 | 3;
  /** One number, a list of rational ones, or a table of 16 bits. */
  readonly tags?: readonly (readonly [tag: number, value: number | readonly number[] | Uint16Array])[];
  readonly below?: TiffPage;
}

/** A tag's table once for each of three channels. */
function repeated([tag, table]: readonly [number, Uint16Array]): readonly [number, Uint16Array] {
  return [tag, Uint16Array.from([...table, ...table, ...table])];
}

function differing(tag: readonly [number, Uint16Array]): readonly [number, Uint16Array] {
  const [number, tables] = repeated(tag);
  tables[300] = 0;
  return [number, tables];
}

const toLinear = (x: number) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
const fromLinear = (light: number) =>
  light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;

function grayPage(width: number, height: number, more: Partial<TiffPage> = {}): TiffPage {
  return { width, height, samples: new Uint8Array(width * height).fill(width), ...more };
}

const adobeRgb = makeProfile({ gamma: 2.19921875 }, primaries.adobeRgb);
const displayP3 = makeProfile(srgbCurve, primaries.displayP3);
const grayGamma = makeProfile({ gamma: 1.8 });

/** One RGBA pixel of a bright colour for each of the 256 levels of alpha. */
function alphaRamp(): PixelImage {
  const data = new Uint8Array(256 * 4);
  for (let level = 0; level < 256; level++) data.set([200, 100, 50, level], level * 4);
  return new PixelImage({ width: 256, height: 1, channels: 4, data });
}

describe("write, then read", () => {
  const kinds = ([1, 2, 3, 4] as const).flatMap((channels) =>
    ([8, 16] as const).flatMap((bitDepth) =>
      (["png", "tiff"] as const).map((extension) => ({ channels, bitDepth, extension })),
    ),
  );

  test.each(kinds)("$channels channels of $bitDepth bits in $extension are exact", async (kind) => {
    const image = pseudoRandomImageOfDepth(7, 37, 23, kind.channels, kind.bitDepth);
    await writeImageFile(at(`image.${kind.extension}`), image);
    const { image: back, notes } = await readImageFile(at(`image.${kind.extension}`));
    expect(notes).toEqual([]);
    expect([back.width, back.height, back.channels, back.bitDepth]).toEqual([
      37,
      23,
      kind.channels,
      kind.bitDepth,
    ]);
    expect(back.data).toEqual(image.data);
    expect([back.colorSpace, back.iccProfile]).toEqual(["srgb", undefined]);
  });

  test("any size in PNG, one pixel wide or high among them", async () => {
    const size = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 300 }));
    await fc.assert(
      fc.asyncProperty(
        size,
        size,
        fc.constantFrom<ChannelCount>(1, 2, 3, 4),
        fc.constantFrom<8 | 16>(8, 16),
        async (width, height, channels, bitDepth) => {
          const image = pseudoRandomImageOfDepth(width, width, height, channels, bitDepth);
          await writeImageFile(at("image.png"), image);
          expect((await readImageFile(at("image.png"))).image.data).toEqual(image.data);
        },
      ),
      { numRuns: 30 },
    );
  });

  test.each(["png", "tiff", "webp"])(
    "all 256 levels of alpha and the colour under them in %s",
    async (extension) => {
      await writeImageFile(at(`ramp.${extension}`), alphaRamp());
      const { image } = await readImageFile(at(`ramp.${extension}`));
      expect(image.data).toEqual(alphaRamp().data);
    },
  );

  test.each(["png", "tif", "webp", "jpg"])(
    "keeps profile bytes and does not convert in %s",
    async (extension) => {
      for (const [iccProfile, colorSpace] of [
        [adobeRgb, "icc"],
        [displayP3, "display-p3"],
        [makeProfile(srgbCurve, primaries.srgb), "srgb"],
      ] as const) {
        const flat = new Uint8Array(16 * 16 * 3);
        for (let index = 0; index < flat.length; index += 3) flat.set([250, 20, 30], index);
        const image = new PixelImage({
          width: 16,
          height: 16,
          channels: 3,
          data: flat,
          colorSpace,
          iccProfile,
        });
        const { notes } = await writeImageFile(at(`image.${extension}`), image);
        const { image: back } = await readImageFile(at(`image.${extension}`));
        expect(notes).toEqual([]);
        expect(back.iccProfile).toEqual(iccProfile);
        expect(back.colorSpace).toBe(colorSpace);
        const difference = Math.max(...back.data.map((value, index) => Math.abs(value - flat[index]!)));
        expect(difference).toBeLessThanOrEqual(extension === "jpg" ? 2 : 0);
      }
    },
  );

  test("keeps a profile beside 16 bits, grey and alpha", async () => {
    for (const extension of ["png", "tif"]) {
      for (const [channels, iccProfile] of [
        [4, adobeRgb],
        [3, displayP3],
        [1, grayGamma],
        [2, grayGamma],
      ] as const) {
        const colorSpace = iccProfile === displayP3 ? "display-p3" : "icc";
        const image = new PixelImage({
          ...pseudoRandomImageOfDepth(3, 9, 5, channels, 16),
          colorSpace,
          iccProfile,
        });
        await writeImageFile(at(`image.${extension}`), image);
        const { image: back, notes } = await readImageFile(at(`image.${extension}`));
        expect(notes).toEqual([]);
        expect([back.channels, back.colorSpace, back.iccProfile]).toEqual([channels, colorSpace, iccProfile]);
        expect(back.data).toEqual(image.data);
      }
    }
  });

  test("gives a Display P3 image without a profile a Display P3 profile", async () => {
    for (const extension of ["png", "webp", "tiff"]) {
      const image = new PixelImage({ ...pseudoRandomImage(1, 6, 4, 3), colorSpace: "display-p3" });
      await writeImageFile(at(`p3.${extension}`), image);
      const { image: back } = await readImageFile(at(`p3.${extension}`));
      expect(back.colorSpace).toBe("display-p3");
      expect(colorSpaceOfProfile(back.iccProfile!)).toBe("display-p3");
      expect(back.data).toEqual(image.data);
    }
  });

  test("other readers see the same pixels and the same profile", async () => {
    const image = new PixelImage({
      ...pseudoRandomImage(2, 8, 8, 4),
      colorSpace: "icc",
      iccProfile: adobeRgb,
    });
    await writeImageFile(at("image.png"), image);
    const file = sharp(at("image.png"), { ignoreIcc: true });
    expect(new Uint8Array((await file.metadata()).icc!)).toEqual(adobeRgb);
    expect(new Uint8Array(await file.raw().toBuffer())).toEqual(image.data);
  });
});

describe("readImageFile", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])("applies EXIF orientation %i once", async (orientation) => {
    const stored = pseudoRandomImage(orientation, 17, 11, 3);
    for (const format of ["png", "tiff", "webp"] as const) {
      const bytes = await fromRaw(stored)
        .withMetadata({ orientation })
        .toFormat(format, format === "tiff" ? { compression: "none" } : { lossless: true })
        .toBuffer();
      const upright = await sharp(bytes).autoOrient().raw().toBuffer({ resolveWithObject: true });
      const { image } = await readImageFile(await save(`image.${format}`, bytes));
      expect([image.width, image.height]).toEqual([upright.info.width, upright.info.height]);
      expect(image.data).toEqual(new Uint8Array(upright.data));

      await writeImageFile(at("again.png"), image);
      expect((await readImageFile(at("again.png"))).image.data).toEqual(image.data);
    }
  });

  test("reads a JPEG as it decodes, upright", async () => {
    const bytes = await fromRaw(pseudoRandomImage(3, 24, 16, 3))
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const { image } = await readImageFile(await save("photo.JPG", bytes));
    const upright = await sharp(bytes).autoOrient().raw().toBuffer();
    expect([image.width, image.height]).toEqual([16, 24]);
    expect(image.data).toEqual(new Uint8Array(upright));
  });

  test("takes an orientation that does not exist for upright", async () => {
    const stored = pseudoRandomImage(3, 5, 4, 3);
    const jpeg = await fromRaw(stored).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const tag = jpeg.indexOf(Buffer.from([0x12, 0x01, 3, 0, 1, 0, 0, 0, 6]));
    expect(tag).toBeGreaterThan(0);
    jpeg[tag + 8] = 9;
    const { image } = await readImageFile(await save("image.jpg", jpeg));
    expect([image.width, image.height]).toEqual([5, 4]);
  });

  test("does not convert a Display P3 file", async () => {
    const p3 = await fromRaw(pseudoRandomImage(4, 12, 12, 3))
      .withIccProfile("p3")
      .png()
      .toBuffer();
    const { image, notes } = await readImageFile(await save("p3.png", p3));
    const stored = await sharp(p3, { ignoreIcc: true }).raw().toBuffer();
    expect(image.data).toEqual(new Uint8Array(stored));
    expect(image.colorSpace).toBe("display-p3");
    expect(image.iccProfile).toEqual(new Uint8Array((await sharp(p3).metadata()).icc!));
    expect(notes).toEqual([]);
  });

  test("does not convert a 16-bit file with a profile", async () => {
    const deep = pseudoRandomImageOfDepth(4, 6, 6, 3, 16);
    const png = await fromRaw(deep).toColourspace("rgb16").png().toBuffer();
    const { image } = await readImageFile(await save("deep.png", withProfile(png, adobeRgb)));
    expect(image.data).toEqual(deep.data);
    expect(image.iccProfile).toEqual(adobeRgb);
  });

  test.each([
    ["cut short", adobeRgb.subarray(0, 200)],
    ["not a profile", new TextEncoder().encode("no profile at all")],
  ])("leaves out a profile that is %s, and says so", async (_, profile) => {
    const stored = pseudoRandomImage(4, 6, 6, 3);
    const png = withProfile(await fromRaw(stored).png().toBuffer(), profile);
    const { image, notes } = await readImageFile(await save("image.png", png));
    expect(notes).toEqual(["damaged colour profile left out"]);
    expect([image.colorSpace, image.iccProfile]).toEqual(["srgb", undefined]);
    expect(image.data).toEqual(stored.data);

    const jpeg = await fromRaw(stored).jpeg().toBuffer();
    const tagged = withJpegProfile(jpeg, profile);
    const fromJpeg = await readImageFile(await save("image.jpg", tagged));
    expect(fromJpeg.notes).toEqual(["damaged colour profile left out"]);
    expect(fromJpeg.image.colorSpace).toBe("srgb");
  });

  test("leaves out a profile for grey in a colour image", async () => {
    const jpeg = await fromRaw(pseudoRandomImage(4, 8, 8, 3))
      .jpeg()
      .toBuffer();
    const tagged = withJpegProfile(jpeg, grayGamma);
    const { image, notes } = await readImageFile(await save("image.jpg", tagged));
    expect(notes).toEqual(["colour profile of another kind of image left out"]);
    expect(image.colorSpace).toBe("srgb");
  });

  test("converts CMYK to sRGB and says so", async () => {
    const flat = new PixelImage({ width: 8, height: 8, channels: 3, data: new Uint8Array(192).fill(255) });
    const cmyk = await fromRaw(flat).toColourspace("cmyk").jpeg().toBuffer();
    expect((await sharp(cmyk).metadata()).space).toBe("cmyk");
    const { image, notes } = await readImageFile(await save("cmyk.jpg", cmyk));
    expect(notes).toEqual(["CMYK, converted to 8-bit sRGB"]);
    expect([image.channels, image.colorSpace, image.iccProfile]).toEqual([3, "srgb", undefined]);
    expect(Math.min(...image.data)).toBeGreaterThan(245);
  });

  test("reads the first frame of an animation and says so", async () => {
    const frames = pseudoRandomImage(5, 8, 24, 3);
    const { data, width } = frames;
    const animation = sharp(data as Uint8Array, { raw: { width, height: 24, channels: 3, pageHeight: 8 } });
    const first = data.subarray(0, 8 * 8 * 3);
    const webp = await animation.clone().webp({ lossless: true }).toBuffer();
    const fromWebp = await readImageFile(await save("animation.webp", webp));
    expect(fromWebp.notes).toEqual(["animated: only the first of 3 frames was read"]);
    expect([fromWebp.image.height, fromWebp.image.data]).toEqual([8, first]);
    const gif = await animation.clone().gif().toBuffer();
    const fromGif = await readImageFile(await save("animation.gif", gif));
    expect(fromGif.notes).toEqual(["animated: only the first of 3 frames was read"]);
    expect(fromGif.image.height).toBe(8);
  });

  test("reads the still image of an animated PNG and says so", async () => {
    const stored = pseudoRandomImage(5, 6, 6, 3);
    const png = await fromRaw(stored).png().toBuffer();
    const animationControl = Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]);
    const animated = withChunk(png, "acTL", animationControl);
    const { image, notes } = await readImageFile(await save("animated.png", animated));
    expect(notes).toEqual(["animated: only the first frame was read"]);
    expect(image.data).toEqual(stored.data);
  });

  test("expands a palette, with its transparency", async () => {
    const stored = new Uint8Array(8 * 8 * 4);
    for (let pixel = 0; pixel < 64; pixel++) {
      stored.set([pixel % 2 ? 250 : 10, 60, 90, pixel % 3 ? 255 : 128], pixel * 4);
    }
    const image = new PixelImage({ width: 8, height: 8, channels: 4, data: stored });
    const png = await fromRaw(image).png({ palette: true, colours: 8, dither: 0 }).toBuffer();
    expect((await sharp(png).metadata()).isPalette).toBe(true);
    const { image: back } = await readImageFile(await save("palette.png", png));
    expect([back.channels, back.bitDepth]).toEqual([4, 8]);
    expect(back.data).toEqual(new Uint8Array(await sharp(png).raw().toBuffer()));
  });

  test("refuses what is no image, with one line that names the file", async () => {
    const path = await save("text.jpg", new TextEncoder().encode("hello there"));
    await expect(readImageFile(path)).rejects.toEqual(
      failure("UnsupportedImage", /^[^\n]*text\.jpg: is not an image/),
    );
    const svg = await save(
      "drawing.svg",
      new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    );
    await expect(readImageFile(svg)).rejects.toEqual(failure("UnsupportedImage", /SVG files cannot be read/));
  });

  test.each([
    ["linear light", [0, 0.25, 0.5, 1], /linear light/],
    ["numbers of 8 bits", [0, 137, 188, 255], /shares of 255/],
    ["numbers of 16 bits", [0, 35209, 48316, 65535], /shares of 65535/],
  ])("reads floats that are %s", async (_, values, note) => {
    const samples = Float32Array.from(values);
    const path = await save("float.tif", makeTiff([{ width: 4, height: 1, samples }]));
    const { image, notes } = await readImageFile(path);
    expect(notes).toEqual([expect.stringMatching(note)]);
    expect([...image.data].map((value) => Math.round(value * 255))).toEqual([0, 137, 188, 255]);
  });

  test("takes floats that are no numbers for black, and refuses those of HDR pictures", async () => {
    const page = { width: 4, height: 1, samples: Float32Array.of(NaN, -1, 1, 0) };
    expect([...(await readImageFile(await save("nan.tif", makeTiff([page])))).image.data]).toEqual([
      0, 0, 1, 0,
    ]);
    const bright = { ...page, samples: Float32Array.of(0, 1, 2, 3) };
    await expect(readImageFile(await save("hdr.tif", makeTiff([bright])))).rejects.toEqual(
      failure("UnsupportedImage", /floats/),
    );
  });

  test("refuses kinds that its decoders do not know, and does not call them damaged", async () => {
    const jpeg = await sharp({ create: { width: 9, height: 7, channels: 3, background: "red" } })
      .jpeg()
      .toBuffer();
    jpeg[jpeg.indexOf(Buffer.from([255, 0xc0])) + 4] = 12; // bits of a sample
    await expect(readImageFile(await save("deep.jpg", jpeg))).rejects.toEqual(
      failure("UnsupportedImage", /precision 12/),
    );
    const half = makeTiff([
      { width: 4, height: 1, samples: new Uint16Array(4).fill(0x3800), tags: [[339, 3]] },
    ]);
    await expect(readImageFile(await save("half.tif", half))).rejects.toEqual(
      failure("UnsupportedImage", /16-bit floats/),
    );
  });

  const reduced = { tags: [[254, 1]] as const };
  test.each([
    ["says that it is smaller", [grayPage(16, 12, reduced), grayPage(128, 96)]],
    ["has the shape of a later one", [grayPage(16, 12), grayPage(128, 96)]],
    ["is followed by smaller ones", [grayPage(128, 96), grayPage(64, 48), grayPage(32, 24)]],
  ])("takes the photo of a TIFF file whose first page %s", async (_, pages) => {
    const { image } = await readImageFile(await save("pages.tif", makeTiff(pages)));
    expect([image.width, image.height, image.data[0]]).toEqual([128, 96, 128]);
  });

  describe("reads the colours that only the tags of a TIFF file tell", () => {
    const white = [318, [0.3127, 0.329]] as const;
    const p3 = [319, [0.68, 0.32, 0.265, 0.69, 0.15, 0.06]] as const;
    const adobe = [319, [0.64, 0.33, 0.21, 0.71, 0.15, 0.06]] as const;
    const light = [301, Uint16Array.from({ length: 256 }, (_, level) => level * 257)] as const;
    const coded = [
      301,
      Uint16Array.from({ length: 256 }, (_, level) => 65535 * toLinear(level / 255)),
    ] as const;
    test.each([
      ["nothing", [], "srgb", []],
      ["white and P3's primaries", [white, p3], "display-p3", []],
      ["P3's primaries alone", [p3], "display-p3", []],
      ["Adobe RGB's primaries", [white, adobe], "icc", []],
      ["the light of each level", [light], "icc", []],
      ["the light of each level for three channels", [repeated(light)], "icc", []],
      ["the light of each level, which is sRGB's", [white, coded], "srgb", []],
      ["primaries that are all one", [[319, [0.3, 0.3, 0.3, 0.3, 0.3, 0.3]]], "srgb", ["no sense"]],
      ["a curve that differs by channel", [differing(light)], "srgb", ["channels differ"]],
    ] as const)("%s", async (_, tags, space, expected) => {
      const samples = Uint8Array.from({ length: 12 }, (_, index) => index);
      const file = makeTiff([{ width: 2, height: 2, samples, channels: 3, tags }]);
      const { image, notes } = await readImageFile(await save("tags.tif", file));
      expect([image.colorSpace, image.iccProfile !== undefined]).toEqual([space, space === "icc"]);
      expect(image.data).toEqual(samples);
      expect(notes).toEqual(expected.map((text) => expect.stringContaining(text)));
    });

    test("and keeps them as a profile", async () => {
      const page = { ...grayPage(9, 9), tags: [light] };
      const { image } = await readImageFile(await save("gray.tif", makeTiff([page])));
      await writeImageFile(at("gray.png"), image);
      const again = (await readImageFile(at("gray.png"))).image;
      expect(again.iccProfile).toEqual(image.iccProfile);
      // sharp takes numbers of linear light to be as bright as the profile says.
      const [shown] = await sharp(at("gray.png")).toColourspace("srgb").raw().toBuffer();
      expect(shown).toBeCloseTo(255 * fromLinear(9 / 255), -1);
    });
  });

  test("names the pages of a TIFF file that are photos of their own", async () => {
    const pages = [grayPage(16, 12, reduced), grayPage(30, 20), grayPage(20, 30), grayPage(8, 6, reduced)];
    const { image, notes } = await readImageFile(await save("pages.tif", makeTiff(pages)));
    expect([image.width, notes]).toEqual([30, ["only the first of 2 pages was read"]]);
  });

  test.each([
    ["whose photo hangs below a preview", grayPage(80, 53, { ...reduced, below: grayPage(320, 213) })],
    ["of a sensor's samples", grayPage(80, 53, { tags: [[262, 32803]] })],
    ["of DNG", grayPage(80, 53, { tags: [[50706, 0x01040000]] })],
    ["of CR2", grayPage(80, 53, { samples: new Uint8Array(80 * 53).fill(0x43).fill(0x52, 1) })],
  ])("refuses a raw file %s", async (_, page) => {
    const file = makeTiff([page]);
    await expect(readImageFile(await save("photo.NEF", file))).rejects.toEqual(
      failure("UnsupportedImage", /raw file/),
    );
  });

  test.each([
    ["MPF\0II*\0\b\0\0\0\x01\0\x01\xb0\x04\0\x01\0\0\0\x02\0\0\0", 0xe2, /first of its pictures/],
    ['http://ns.adobe.com/xap/1.0/\0<x hdrgm:Version="1.0"/>', 0xe1, /gain map/],
    ['http://ns.adobe.com/xap/1.0/\0<x GCamera:MotionPhoto="1"/>', 0xe1, /film/],
  ])("names what is behind the photo of a JPEG file: %#", async (content, marker, note) => {
    const jpeg = await fromRaw(pseudoRandomImage(8, 16, 16, 3))
      .jpeg()
      .toBuffer();
    const body = Buffer.from(content, "latin1");
    const head = Buffer.from([0xff, marker, 0, body.length + 2]);
    const file = Buffer.concat([jpeg.subarray(0, 2), head, body, jpeg.subarray(2)]);
    const { notes } = await readImageFile(await save("photo.jpg", file));
    expect(notes).toContainEqual(expect.stringMatching(note));
  });

  test.each([0, 1])(
    "reads what is there of a JPEG file that is cut short (progressive: %i)",
    async (progressive) => {
      const whole = new PixelImage({ ...pseudoRandomImage(8, 160, 320, 3) });
      const jpeg = await fromRaw(whole)
        .blur(2)
        .jpeg({ quality: 90, progressive: progressive === 1 })
        .toBuffer();
      const expected = new Uint8Array(await sharp(jpeg).raw().toBuffer());
      const noEnd = await readImageFile(await save("a.jpg", jpeg.subarray(0, -2)));
      expect(noEnd.image.data).toEqual(expected);
      expect(noEnd.notes).toEqual(["cut short: read as far as possible, no row is missing"]);

      const short = await readImageFile(await save("b.jpg", jpeg.subarray(0, Math.floor(jpeg.length * 0.9))));
      expect([short.image.width, short.image.height]).toEqual([160, 320]);
      if (progressive === 1) return;
      const [, missing] = /last (\d+) of 320 rows are missing and grey/.exec(short.notes.join()) ?? [];
      expect(Number(missing)).toBeGreaterThan(8);
      const there = 160 * 3 * (320 - Number(missing) - 32);
      expect(short.image.data.subarray(0, there)).toEqual(expected.subarray(0, there));
    },
  );

  test("refuses a pipe instead of waiting for it", async () => {
    execFileSync("mkfifo", [at("pipe.jpg")]);
    await expect(readImageFile(at("pipe.jpg"))).rejects.toEqual(failure("FileUnreadable", /not a file/));
  });

  test("refuses an empty file", async () => {
    await expect(readImageFile(await save("empty.png", new Uint8Array(0)))).rejects.toEqual(
      failure("EmptyFile", /empty\.png/),
    );
  });

  test("refuses a file that was cut short", async () => {
    const image = pseudoRandomImage(8, 40, 30, 3);
    for (const format of ["png", "jpeg", "webp", "tiff", "gif"] as const) {
      const bytes = await fromRaw(image).toFormat(format).toBuffer();
      // Of a JPEG file a part is read; not if it ends before its pixels.
      for (const part of format === "jpeg" ? [0.1, 0.2] : [0.1, 0.4, 0.7, 0.95]) {
        const path = await save(`cut.${format}`, bytes.subarray(0, Math.floor(bytes.length * part)));
        await expect(readImageFile(path)).rejects.toEqual(
          failure("CorruptImage", /^[^\n]*cut short or damaged \([^\n]+\)$/),
        );
      }
    }
  });

  test("reads a JPEG with stray bytes and says that it is damaged", async () => {
    const jpeg = await fromRaw(pseudoRandomImage(8, 40, 30, 3))
      .jpeg()
      .toBuffer();
    const table = jpeg.indexOf(Buffer.from([0xff, 0xc4]));
    const stray = Buffer.concat([jpeg.subarray(0, table), Buffer.from([0, 0, 0]), jpeg.subarray(table)]);
    const { image, notes } = await readImageFile(await save("stray.jpg", stray));
    expect(notes).toEqual([expect.stringMatching(/^damaged \(.*extraneous.*\), read as far as possible$/)]);
    expect(image.data).toEqual(new Uint8Array(await sharp(jpeg).raw().toBuffer()));
  });

  test("refuses too many pixels from the header alone", async () => {
    const png = await fromRaw(pseudoRandomImage(1, 1, 1, 3))
      .png()
      .toBuffer();
    const header = Buffer.from(png);
    header.writeUInt32BE(100_000, 16);
    header.writeUInt32BE(50_000, 20);
    // The header's checksum, so that nothing but the size is wrong.
    header.writeUInt32BE(crc32(header.subarray(12, 29)), 29);
    const path = await save("huge.png", header);
    await expect(readImageFile(path)).rejects.toEqual(
      failure("ImageTooLarge", /100000 x 50000 is 5000 megapixels/),
    );
    const small = await save(
      "small.png",
      await fromRaw(pseudoRandomImage(1, 10, 10, 3))
        .png()
        .toBuffer(),
    );
    await expect(readImageFile(small, { maximumPixels: 99 })).rejects.toEqual(failure("ImageTooLarge"));
    expect((await readImageFile(small, { maximumPixels: 100 })).image.width).toBe(10);
  });

  test("refuses paths that cannot be read", async () => {
    await expect(readImageFile(at("missing.png"))).rejects.toEqual(failure("FileUnreadable", /no such file/));
    await expect(readImageFile(folder)).rejects.toEqual(failure("FileUnreadable", /not a file/));
    jest.spyOn(fs, "open").mockRejectedValue(Object.assign(new Error("EACCES: x"), { code: "EACCES" }));
    await expect(readImageFile(at("secret.png"))).rejects.toEqual(
      failure("FileUnreadable", /permission denied/),
    );
  });

  test("honours an abort signal", async () => {
    const path = await save(
      "image.png",
      await fromRaw(pseudoRandomImage(1, 10, 10, 3))
        .png()
        .toBuffer(),
    );
    const reason = new Error("enough");
    await expect(readImageFile(path, { signal: AbortSignal.abort(reason) })).rejects.toEqual(
      failure("Aborted"),
    );
    const controller = new AbortController();
    const reading = readImageFile(path, { signal: controller.signal });
    controller.abort(reason);
    await expect(reading).rejects.toEqual(expect.objectContaining({ code: "Aborted", cause: reason }));
  });

  test("never fails with anything but an error of its own on damaged files", async () => {
    const image = pseudoRandomImage(8, 12, 9, 4);
    const files = await Promise.all(
      (["png", "webp", "tiff", "gif"] as const).map((format) => fromRaw(image).toFormat(format).toBuffer()),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), fc.nat(), fc.nat(255), async (file, position, value) => {
        const damaged = Buffer.from(file);
        damaged[position % damaged.length] = value;
        const path = await save("damaged", damaged);
        const outcome = await readImageFile(path, { maximumPixels: 10_000 }).catch((error: unknown) => error);
        expect(outcome).toEqual(
          outcome instanceof Error
            ? expect.objectContaining({ name: "LimpidError" })
            : expect.objectContaining({ image: expect.anything() }),
        );
      }),
      { numRuns: 150 },
    );
  });
});

describe("writeImageFile", () => {
  const image = pseudoRandomImage(6, 10, 7, 3);

  test("writes exactly one file and returns its size", async () => {
    const { byteLength, notes } = await writeImageFile(at("image.png"), image);
    expect(await fs.readdir(folder)).toEqual(["image.png"]);
    expect((await fs.stat(at("image.png"))).size).toBe(byteLength);
    expect(notes).toEqual([]);
  });

  test("writes files of many megabytes whole", async () => {
    const large = pseudoRandomImage(6, 2000, 1500, 3);
    const { byteLength } = await writeImageFile(at("large.png"), large);
    expect(byteLength).toBeGreaterThan(8 * 1024 * 1024);
    const { image: back } = await readImageFile(at("large.png"));
    expect(Buffer.compare(back.data as Uint8Array, large.data as Uint8Array)).toBe(0);
  });

  test("gives the same bytes for the same image", async () => {
    const hash = async (name: string) =>
      createHash("sha256")
        .update(await fs.readFile(at(name)))
        .digest("hex");
    await writeImageFile(at("a.png"), image);
    await writeImageFile(at("b.png"), image.clone());
    expect(await hash("a.png")).toBe(await hash("b.png"));
  });

  test("JPEG at 95 without chroma subsampling, and lossless WebP, unless a quality is given", async () => {
    await writeImageFile(at("image.jpg"), image);
    await writeImageFile(at("small.jpg"), image, { quality: 10 });
    await writeImageFile(at("image.webp"), image);
    await writeImageFile(at("small.webp"), image, { quality: 10 });
    expect((await sharp(at("image.jpg")).metadata()).chromaSubsampling).toBe("4:4:4");
    expect((await readImageFile(at("image.webp"))).image.data).toEqual(image.data);
    const size = async (name: string) => (await fs.stat(at(name))).size;
    expect(await size("small.jpg")).toBeLessThan(await size("image.jpg"));
    expect(await size("small.webp")).toBeLessThan(await size("image.webp"));
  });

  test.each([0, 101, 50.5, NaN])("refuses quality %d", async (quality) => {
    await expect(writeImageFile(at("a.jpg"), image, { quality })).rejects.toEqual(failure("InvalidArgument"));
  });

  test("says what a format cannot hold", async () => {
    const deep = pseudoRandomImageOfDepth(6, 5, 5, 3, 16);
    const reduced = ["reduced to 8 bits per channel, the most that JPEG holds"];
    expect((await writeImageFile(at("deep.jpg"), deep)).notes).toEqual(reduced);
    const float = pseudoRandomImageOfDepth(6, 5, 5, 4, 32);
    expect((await writeImageFile(at("float.png"), float)).notes).toEqual([
      "reduced to 16 bits per channel, the most that PNG holds",
    ]);
    const back = (await readImageFile(at("float.png"))).image;
    expect(back.data).toEqual(pseudoRandomImageOfDepth(6, 5, 5, 4, 16).data);
    const gray = pseudoRandomImage(6, 5, 5, 2);
    expect((await writeImageFile(at("gray.webp"), gray)).notes).toEqual([
      "grey written as RGB, since WebP has no grey",
    ]);
    const tagged = new PixelImage({
      ...pseudoRandomImage(6, 5, 5, 1),
      colorSpace: "icc",
      iccProfile: adobeRgb,
    });
    expect((await writeImageFile(at("gray.jpg"), tagged)).notes).toEqual([
      "colour profile left out, since it does not fit a grey JPEG",
    ]);
    expect((await readImageFile(at("gray.jpg"))).image.iccProfile).toBeUndefined();
    expect((await writeImageFile(at("gray.png"), tagged)).notes).toEqual([
      "colour profile left out, since it does not fit a grey PNG",
    ]);
  });

  test("drops alpha in JPEG only where it says nothing", async () => {
    await expect(writeImageFile(at("ramp.jpg"), alphaRamp())).rejects.toEqual(
      failure("UnsupportedImage", /no transparency/),
    );
    for (const channels of [2, 4] as const) {
      const opaque = pseudoRandomImage(6, 8, 8, channels);
      for (let index = channels - 1; index < opaque.data.length; index += channels) opaque.data[index] = 255;
      await writeImageFile(at("opaque.jpg"), opaque);
      expect((await readImageFile(at("opaque.jpg"))).image.channels).toBe(channels - 1);
    }
    expect(await fs.readdir(folder)).toEqual(["opaque.jpg"]);
  });

  test.each(["image", "image.bmp", "image.png.txt", ".png"])("refuses the name %s", async (name) => {
    await expect(writeImageFile(at(name), image)).rejects.toEqual(
      failure("UnsupportedFormat", /\.png, \.jpg/),
    );
  });

  test("refuses sides that the format has no room for", async () => {
    const long = pseudoRandomImage(1, 16384, 1, 1);
    await expect(writeImageFile(at("long.webp"), long)).rejects.toEqual(
      failure("ImageTooLarge", /at most 16383/),
    );
    const longer = pseudoRandomImage(1, 1, 65536, 1);
    await expect(writeImageFile(at("long.jpeg"), longer)).rejects.toEqual(
      failure("ImageTooLarge", /at most 65535/),
    );
    await writeImageFile(at("long.PNG"), longer);
    expect((await readImageFile(at("long.PNG"))).image.data).toEqual(longer.data);
  });

  test("never replaces an input, under whatever name", async () => {
    await writeImageFile(at("input.png"), image);
    const before = await fs.readFile(at("input.png"));
    await fs.symlink(at("input.png"), at("link.png"));
    await fs.link(at("input.png"), at("hard.png"));
    const inputs = [at("elsewhere.png"), at("input.png")];
    for (const name of ["input.png", "link.png", "hard.png", "./x/../input.png"]) {
      await fs.mkdir(at("x"), { recursive: true });
      await expect(writeImageFile(`${folder}/${name}`, alphaRamp(), { inputs })).rejects.toEqual(
        failure("InputOverwrite"),
      );
    }
    expect(await fs.readFile(at("input.png"))).toEqual(before);
    await writeImageFile(at("other.png"), alphaRamp(), { inputs });
    await writeImageFile(at("other.png"), image, { inputs });
    expect((await readImageFile(at("other.png"))).image.data).toEqual(image.data);
  });

  test("refuses paths that cannot be written", async () => {
    await expect(writeImageFile(at("missing/image.png"), image)).rejects.toEqual(
      failure("FileUnwritable", /no such file or folder/),
    );
    await fs.mkdir(at("folder.png"));
    await expect(writeImageFile(at("folder.png"), image)).rejects.toEqual(failure("FileUnwritable"));
    expect(await fs.readdir(folder)).toEqual(["folder.png"]);
  });

  test.each(["writeFile", "sync"] as const)(
    "a disk that is full at %s leaves the old file and no other",
    async (step) => {
      await writeImageFile(at("image.png"), image);
      const before = await fs.readFile(at("image.png"));
      const open = fs.open.bind(fs);
      jest.spyOn(fs, "open").mockImplementation(async (...parameters) => {
        const handle = await open(...parameters);
        const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
        jest.spyOn(handle, step).mockRejectedValue(full);
        return handle;
      });
      await expect(writeImageFile(at("image.png"), alphaRamp())).rejects.toEqual(
        failure("DiskFull", /no space left/),
      );
      jest.restoreAllMocks();
      expect(await fs.readdir(folder)).toEqual(["image.png"]);
      expect(await fs.readFile(at("image.png"))).toEqual(before);
    },
  );

  test("an abort at any moment leaves the old file or the new one and nothing else", async () => {
    await writeImageFile(at("image.png"), image);
    const before = await fs.readFile(at("image.png"));
    await expect(
      writeImageFile(at("image.png"), alphaRamp(), { signal: AbortSignal.abort() }),
    ).rejects.toEqual(failure("Aborted"));
    for (const method of ["open", "rename"] as const) {
      const controller = new AbortController();
      const original = fs[method].bind(fs) as (...parameters: unknown[]) => Promise<never>;
      jest.spyOn(fs, method).mockImplementation(async (...parameters: unknown[]) => {
        controller.abort();
        return original(...parameters);
      });
      const writing = writeImageFile(at("image.png"), alphaRamp(), { signal: controller.signal });
      if (method === "open") {
        await expect(writing).rejects.toEqual(failure("Aborted"));
        expect(await fs.readFile(at("image.png"))).toEqual(before);
      } else {
        await writing;
        expect((await readImageFile(at("image.png"))).image.data).toEqual(alphaRamp().data);
      }
      jest.restoreAllMocks();
      expect(await fs.readdir(folder)).toEqual(["image.png"]);
    }
  });
});
