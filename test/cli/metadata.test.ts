import { readFileSync, writeFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import sharp from "sharp";
import {
  readImageFile,
  withoutLocation,
  writeImageFile,
  type ImageMetadata,
} from "../../packages/cli/src/files/index.js";
import { insertPngChunks, textChunk } from "../../packages/cli/src/files/png-chunks.js";
import { makeExif, note, thumbnail } from "./make-exif.js";
import { useWorkspace } from "./workspace.js";

const { at } = useWorkspace();

const packet =
  '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
  '<rdf:Description rdf:about="" tiff:Orientation="6" exif:GPSLatitude="52,30.1N" xmp:Rating="4">' +
  "<dc:title>Sea</dc:title><photoshop:City>Berlin</photoshop:City>" +
  "<Iptc4xmpExt:LocationShown><rdf:Bag><rdf:li>Museum</rdf:li></rdf:Bag></Iptc4xmpExt:LocationShown>" +
  "<xmp:Thumbnails><rdf:Alt>AAAA</rdf:Alt></xmp:Thumbnails></rdf:Description></rdf:RDF></x:xmpmeta>";

/** Caption and city. */
const iptc = Buffer.from("\x1c\x02x\0\x05A sea\x1c\x02Z\0\x06Berlin", "latin1");

function segment(marker: number, data: Buffer): Buffer {
  const length = data.length + 2;
  return Buffer.concat([Buffer.from([255, marker, length >> 8, length & 255]), data]);
}

function resources(): Buffer {
  const head = Buffer.from("Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\0", "latin1");
  head.writeUInt32BE(iptc.length, head.length - 4);
  return Buffer.concat([head, iptc, Buffer.alloc(iptc.length & 1)]);
}

/** A photo of 40 x 30, to be turned by 90 degrees, that says all that a photo can. */
async function makePhoto(): Promise<string> {
  const pixels = Buffer.from(Array.from({ length: 3600 }, (_, index) => (index * 7) % 251));
  const jpeg = await sharp(pixels, { raw: { width: 40, height: 30, channels: 3 } })
    .jpeg()
    .toBuffer();
  const parts = [
    segment(0xe0, Buffer.from("JFIF\0\x01\x02\x01\x01\x2c\0\xc8\0\0", "latin1")), // 300 x 200 dpi
    segment(0xe1, Buffer.concat([Buffer.from("Exif\0\0"), makeExif(6)])),
    segment(0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0${packet}`)),
    segment(0xed, resources()),
    segment(0xfe, Buffer.from("Grüße")),
  ];
  writeFileSync(at("photo.jpg"), Buffer.concat([jpeg.subarray(0, 2), ...parts, jpeg.subarray(2)]));
  return at("photo.jpg");
}

describe.each(["png", "jpg", "webp", "tif"])("a photo's metadata in %s", (extension) => {
  async function write(change = (metadata: ImageMetadata): ImageMetadata => metadata) {
    const { image, metadata, notes } = await readImageFile(await makePhoto());
    expect(notes).toEqual([]);
    const path = at(`out.${extension}`);
    const written = await writeImageFile(path, image, { metadata: change(metadata) });
    return { path, notes: written.notes, file: readFileSync(path), read: await readImageFile(path) };
  }

  test("is kept for the upright picture, and what the format cannot hold is said", async () => {
    const { path, notes, file, read } = await write();
    // libvips reads no EXIF in TIFF files, so that is read from the bytes.
    const seen = await sharp(path).metadata();
    const exif = Buffer.from(read.metadata.exif!);
    if (extension !== "tif") expect(exif.equals(seen.exif!.subarray(-exif.length))).toBe(true);
    for (const text of ["Canon", "Anna Artist", "2020:01:02 03:04:05"]) {
      expect(exif.includes(text)).toBe(true);
      expect(file.includes(text)).toBe(true);
    }
    expect([seen.width, seen.height, seen.orientation]).toEqual([30, 40, 1]);
    expect(file.includes(thumbnail)).toBe(false);
    expect(seen.xmp!.toString()).toContain('tiff:Orientation="1"');
    expect(seen.xmp!.toString()).toContain("<dc:title>Sea</dc:title>");
    expect(seen.xmp!.toString()).not.toContain("Thumbnails");
    // The camera's note stays where it was, or is missed.
    if (extension === "tif") expect(notes).toContainEqual(expect.stringContaining("camera's own note"));
    else expect(exif.subarray(note.start, note.start + note.bytes.length)).toEqual(note.bytes);
    if (extension === "webp") expect(notes).toContainEqual(expect.stringContaining("IPTC left out"));
    else expect(Buffer.from(read.metadata.iptc!)).toEqual(iptc);
    // Turned by 90 degrees, what was across goes down.
    const dpi = extension === "png" ? [7874, 11811, "metre"] : [200, 300, "inch"];
    const { density } = read.metadata;
    expect(density && [density.x, density.y, density.unit]).toEqual(dpi);
    if (extension === "png" || extension === "jpg")
      expect(read.metadata.text).toEqual([textChunk("Comment", "Grüße")]);
    else expect(notes).toContainEqual(expect.stringMatching(/PNG text left out.*Comment/));
  });

  test("loses the place, and nothing else, if that is wanted", async () => {
    const { file, read } = await write(withoutLocation);
    expect(file.includes("Berlin")).toBe(false);
    expect(file.includes("Museum")).toBe(false);
    expect(file.includes("GPSLatitude")).toBe(false);
    expect(file.includes(Buffer.from([0, 0, 0, 52, 0, 0, 0, 1]))).toBe(false);
    expect(file.includes(Buffer.from([52, 0, 0, 0, 1, 0, 0, 0]))).toBe(false);
    expect(file.includes("Anna Artist")).toBe(true);
    expect(read.metadata.xmp).toContain("<dc:title>Sea</dc:title>");
    if (extension !== "webp") expect(Buffer.from(read.metadata.iptc!).toString("latin1")).toContain("A sea");
  });

  test("is not invented where there is none", async () => {
    const { image } = await readImageFile(await makePhoto());
    await writeImageFile(at(`bare.${extension}`), image);
    const { metadata } = await readImageFile(at(`bare.${extension}`));
    const { text = [], ...rest } = metadata;
    expect([...text, ...Object.values(rest)].filter((value) => value !== undefined)).toEqual([]);
    const { exif, xmp, iptc: kept } = await sharp(at(`bare.${extension}`)).metadata();
    expect([exif, xmp, kept]).toEqual([undefined, undefined, undefined]);
    expect(readFileSync(at(`bare.${extension}`)).includes("pHYs")).toBe(false);
  });
});

test("the text of a PNG file is kept chunk by chunk; profiles that are hidden in it are read as what they are", async () => {
  const png = await sharp({ create: { width: 9, height: 7, channels: 3, background: "red" } })
    .png()
    .toBuffer();
  const exif = Buffer.concat([Buffer.from("Exif\0\0"), makeExif(8)]);
  const hidden = `\nexif\n${String(exif.length).padStart(8)}\n${exif.toString("hex").replace(/.{72}/g, "$&\n")}\n`;
  const text = [
    { type: "tEXt", data: Buffer.from("Title\0Sea", "latin1") },
    { type: "zTXt", data: Buffer.concat([Buffer.from("Parameters\0\0"), deflateSync("steps: 20")]) },
    textChunk("Author", "Zoë"),
  ];
  const raw = {
    type: "zTXt",
    data: Buffer.concat([Buffer.from("Raw profile type exif\0\0"), deflateSync(hidden)]),
  };
  const place = { type: "tEXt", data: Buffer.from("GPS Latitude\x0052", "latin1") };
  writeFileSync(at("in.png"), insertPngChunks(png, [...text, raw, place]));
  const { image, metadata } = await readImageFile(at("in.png"));
  await writeImageFile(at("out.png"), image, { metadata: withoutLocation(metadata) });
  const again = await readImageFile(at("out.png"));
  expect(again.metadata.text).toEqual(text);
  expect(Buffer.from(again.metadata.exif!).includes("Anna Artist")).toBe(true);
  expect((await sharp(at("out.png")).metadata()).orientation).toBe(1);
  const { notes } = await writeImageFile(at("out.jpg"), image, { metadata: again.metadata });
  expect(notes).toEqual(["PNG text left out, since JPEG has none: Title, Parameters, Author"]);
});

/** A PNG file with chunks behind its pixels, where ExifTool puts them. */
function behind(png: Buffer, ...chunks: readonly { type: string; data: Buffer }[]): Buffer {
  const header = png.subarray(0, 33);
  const added = insertPngChunks(header, chunks).subarray(33);
  return Buffer.concat([png.subarray(0, -12), added, png.subarray(-12)]);
}

describe("what a file says in an unusual place", () => {
  const plain = sharp({ create: { width: 9, height: 7, channels: 3, background: "red" } });
  const jpegWith = async (...parts: readonly Buffer[]): Promise<Buffer> => {
    const jpeg = await plain.jpeg().toBuffer();
    return Buffer.concat([jpeg.subarray(0, 2), ...parts, jpeg.subarray(2)]);
  };
  const read = async (name: string, bytes: Buffer) => {
    writeFileSync(at(name), bytes);
    return readImageFile(at(name));
  };

  test("is kept: EXIF and XMP behind the pixels of a PNG file", async () => {
    const late = behind(
      await plain.png().toBuffer(),
      { type: "eXIf", data: makeExif(1) },
      { type: "iTXt", data: Buffer.from(`XML:com.adobe.xmp\0\0\0\0\0${packet}`) },
    );
    const { metadata } = await read("late.png", late);
    expect(Buffer.from(metadata.exif!).includes("Anna Artist")).toBe(true);
    expect(metadata.xmp).toContain("<dc:title>Sea</dc:title>");
  });

  test("is kept: IPTC behind Photoshop's other resources, comments of one byte a letter", async () => {
    const other = Buffer.from("Photoshop 3.0\x008BIM\x03\xed\0\0\0\0\0\x02ab", "latin1");
    const file = await jpegWith(
      segment(0xed, other),
      segment(0xed, resources()),
      segment(0xfe, Buffer.from("Gr\xfc\xdfe", "latin1")),
    );
    const { metadata } = await read("two.jpg", file);
    expect(Buffer.from(metadata.iptc!)).toEqual(iptc);
    expect(metadata.text).toEqual([textChunk("Comment", "Grüße")]);
  });

  test("is kept: a density that only EXIF tells, and none in WebP but there", async () => {
    const { image, metadata } = await read(
      "dense.jpg",
      await jpegWith(segment(0xe1, Buffer.concat([Buffer.from("Exif\0\0"), makeExif(1)]))),
    );
    expect(metadata.density).toEqual({ x: 300, y: 200, unit: "inch" });
    for (const [extension, density] of [
      ["webp", { x: 300, y: 200, unit: "inch" }],
      ["png", { x: 11811, y: 7874, unit: "metre" }],
    ] as const) {
      await writeImageFile(at(`dense.${extension}`), image, { metadata: { density: metadata.density } });
      expect((await readImageFile(at(`dense.${extension}`))).metadata.density).toEqual(density);
    }
  });

  test("is named where it cannot be kept: a text that is a bomb, the tags of a TIFF file with 64-bit offsets", async () => {
    const bomb = Buffer.concat([Buffer.from("Notes\0\0"), deflateSync(Buffer.alloc(20 << 20))]);
    const png = insertPngChunks(await plain.png().toBuffer(), [{ type: "zTXt", data: bomb }]);
    const { image, metadata } = await read("bomb.png", png);
    const { notes } = await writeImageFile(at("bomb.jpg"), image, { metadata });
    expect(notes).toEqual(["PNG text left out, since JPEG has none: Notes"]);
    expect((await read("big.tif", await plain.tiff({ bigtiff: true }).toBuffer())).notes).toEqual([
      expect.stringContaining("64-bit offsets"),
    ]);
  });

  test("goes with --strip-location: places in XMP under other prefixes, and those of drones", () => {
    const xmp =
      '<rdf:RDF xmlns:rdf="r"><rdf:Description xmlns:e="http://ns.adobe.com/exif/1.0/" e:GPSLatitude="52,30N" ' +
      'drone-dji:GpsLongtitude=\'+13.4\' drone-dji:RelativeAltitude="+3" e:ISO="100"><p:City>Berlin</p:City>' +
      "<dc:title>Sea</dc:title></rdf:Description></rdf:RDF>";
    expect(withoutLocation({ xmp }).xmp).toBe(
      '<rdf:RDF xmlns:rdf="r"><rdf:Description xmlns:e="http://ns.adobe.com/exif/1.0/" ' +
        'drone-dji:RelativeAltitude="+3" e:ISO="100"><dc:title>Sea</dc:title></rdf:Description></rdf:RDF>',
    );
  });
});

test("whatever EXIF, XMP and IPTC a file holds, it is read, and written as something that is read again", async () => {
  const photo = readFileSync(await makePhoto());
  const start = photo.indexOf("Exif");
  const end = photo.indexOf("Grüße");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: start, max: end }), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      fc.constantFrom("png", "jpg", "webp", "tif"),
      async (changes, extension) => {
        const damaged = Buffer.from(photo);
        for (const [position, value] of changes) damaged[position] = value;
        writeFileSync(at("damaged.jpg"), damaged);
        const read = await readImageFile(at("damaged.jpg")).catch((error: unknown) => error);
        if (read instanceof Error) {
          expect(read).toMatchObject({ name: "LimpidError" });
          return;
        }
        const { image, metadata } = read as Awaited<ReturnType<typeof readImageFile>>;
        const path = at(`again.${extension}`);
        await writeImageFile(path, image, { metadata: withoutLocation(metadata) });
        expect((await readImageFile(path)).image.width).toBe(image.width);
      },
    ),
    { numRuns: 120 },
  );
});
