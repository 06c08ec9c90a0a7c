import { readJpegSegments } from "limpid/network";
import { appendToTiff, hasMakerNote, parseExif, withDensity, type Resolution } from "./exif.js";
import type { Density, ImageMetadata } from "./image-metadata.js";
import type { OutputFormat } from "./image-format.js";
import { resourcesOfIptc } from "./iptc.js";
import { insertPngChunks, readTextChunk, textChunk, type PngChunk } from "./png-chunks.js";

/** What the pixels of a file are like, for headers that repeat it. */
interface EncodedPixels {
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
}

/**
 * Puts metadata into a file that was just encoded, in place of the density that the encoder invents. No library puts in what it is
 * given as it is.
 *
 * @param bytes - as sharp encodes it
 * @param format - of the file
 * @param metadata - what to say
 * @param pixels - what the file holds
 * @param notes - told what the format cannot hold
 */
export function embedMetadata(
  bytes: Buffer,
  format: OutputFormat,
  metadata: ImageMetadata,
  pixels: EncodedPixels,
  notes: string[],
): Buffer {
  switch (format) {
    case "png":
      return embedInPng(bytes, metadata);
    case "jpeg":
      return embedInJpeg(bytes, metadata, notes);
    case "webp":
      return embedInWebp(bytes, metadata, pixels, notes);
    case "tiff":
      return embedInTiff(bytes, metadata, notes);
  }
}

const perMetre = { inch: 1 / 0.0254, centimetre: 100, metre: 1, none: 1 } as const;

function embedInPng(png: Buffer, { exif, xmp, iptc, text = [], density }: ImageMetadata): Buffer {
  const chunks: PngChunk[] = [];
  if (density !== undefined) {
    const data = Buffer.alloc(9);
    data.writeUInt32BE(Math.round(density.x * perMetre[density.unit]), 0);
    data.writeUInt32BE(Math.round(density.y * perMetre[density.unit]), 4);
    data[8] = density.unit === "none" ? 0 : 1;
    chunks.push({ type: "pHYs", data });
  }
  if (exif !== undefined) chunks.push({ type: "eXIf", data: exif });
  if (xmp !== undefined) chunks.push(textChunk("XML:com.adobe.xmp", xmp));
  if (iptc !== undefined) chunks.push(rawProfile("iptc", resourcesOfIptc(iptc)));
  return insertPngChunks(png, [...chunks, ...text], ["pHYs"]);
}

/** PNG has no place of its own for IPTC; ImageMagick and ExifTool look for it here. */
function rawProfile(name: string, bytes: Uint8Array): PngChunk {
  const digits = Buffer.from(bytes).toString("hex").replace(/.{72}/g, "$&\n");
  const content = `Raw profile type ${name}\0\n${name}\n${String(bytes.length).padStart(8)}\n${digits}\n`;
  return { type: "tEXt", data: Buffer.from(content, "latin1") };
}

/** Most bytes in a segment of JPEG. */
const mostInSegment = 65_533;

function embedInJpeg(
  jpeg: Buffer,
  { exif, xmp, iptc, text = [], density }: ImageMetadata,
  notes: string[],
): Buffer {
  const added: Buffer[] = [jfif(density)];
  const add = (marker: number, name: string, data: Uint8Array, what: string): void => {
    const length = name.length + data.length;
    if (length > mostInSegment) notes.push(`${what} left out: it is longer than JPEG can hold`);
    else added.push(segment(marker, Buffer.concat([Buffer.from(name, "latin1"), data])));
  };
  if (exif !== undefined) add(0xe1, "Exif\0\0", exif, "EXIF");
  if (xmp !== undefined) add(0xe1, "http://ns.adobe.com/xap/1.0/\0", Buffer.from(xmp), "XMP");
  if (iptc !== undefined) add(0xed, "Photoshop 3.0\0", resourcesOfIptc(iptc), "IPTC");
  const other: string[] = [];
  for (const chunk of text) {
    const read = readTextChunk(chunk);
    if (read?.keyword === "Comment") add(0xfe, "", Buffer.from(read.text), "a comment");
    else other.push(keywordOf(chunk));
  }
  noteText(other, "JPEG", notes);
  // The encoder's own JFIF segment comes first, if it writes one.
  const [first] = readJpegSegments(jpeg);
  const rest = first?.marker === 0xe0 ? first.start + 4 + first.data.length : 2;
  return Buffer.concat([jpeg.subarray(0, 2), ...added, jpeg.subarray(rest)]);
}

function segment(marker: number, data: Uint8Array): Buffer {
  const length = data.length + 2;
  return Buffer.concat([Buffer.from([0xff, marker, length >> 8, length & 255]), data]);
}

function jfif(density: Density | undefined): Buffer {
  const { x, y, unit } = density ?? { x: 1, y: 1, unit: "none" };
  const scale = unit === "metre" ? 0.0254 : 1;
  const data = Buffer.from("JFIF\0\x01\x02\0\0\0\0\0\0\0", "latin1");
  data[7] = unit === "none" ? 0 : unit === "centimetre" ? 2 : 1;
  data.writeUInt16BE(clampDensity(x * scale), 8);
  data.writeUInt16BE(clampDensity(y * scale), 10);
  return segment(0xe0, data);
}

function clampDensity(value: number): number {
  return Math.min(65_535, Math.max(1, Math.round(value)));
}

function noteText(keywords: readonly string[], format: string, notes: string[]): void {
  if (keywords.length > 0) notes.push(`PNG text left out, since ${format} has none: ${keywords.join(", ")}`);
}

/** The keyword of a text that may be damaged. */
function keywordOf({ data }: PngChunk): string {
  return Buffer.from(data.subarray(0, 80)).toString("latin1").split("\0")[0]!;
}

/** RFC 9649, 2.7: the extended form, in which EXIF and XMP come last. */
function embedInWebp(
  webp: Buffer,
  { exif: tags, xmp, iptc, text = [], density }: ImageMetadata,
  { width, height, hasAlpha }: EncodedPixels,
  notes: string[],
): Buffer {
  if (iptc !== undefined) notes.push("IPTC left out, since WebP has none");
  noteText(text.map(keywordOf), "WebP", notes);
  // WebP has no other place for it.
  const exif = density === undefined ? tags : withDensity(tags, resolutionOf(density));
  if (exif === undefined && xmp === undefined) return webp;
  const chunk = (name: string, data: Uint8Array): Buffer => {
    const head = Buffer.from(`${name}\0\0\0\0`, "latin1");
    head.writeUInt32LE(data.length, 4);
    return Buffer.concat([head, data, Buffer.alloc(data.length & 1)]);
  };
  const hasHeader = webp.toString("latin1", 12, 16) === "VP8X";
  const header = hasHeader ? Buffer.from(webp.subarray(20, 30)) : Buffer.alloc(10);
  if (!hasHeader) {
    header[0] = hasAlpha ? 0x10 : 0;
    header.writeUIntLE(width - 1, 4, 3);
    header.writeUIntLE(height - 1, 7, 3);
  }
  header[0]! |= (exif === undefined ? 0 : 0x08) | (xmp === undefined ? 0 : 0x04);
  const parts = [chunk("VP8X", header), webp.subarray(hasHeader ? 30 : 12)];
  if (exif !== undefined) parts.push(chunk("EXIF", exif));
  if (xmp !== undefined) parts.push(chunk("XMP ", Buffer.from(xmp)));
  const body = Buffer.concat(parts);
  const riff = Buffer.from("RIFF\0\0\0\0WEBP", "latin1");
  riff.writeUInt32LE(body.length + 4, 4);
  return Buffer.concat([riff, body]);
}

function embedInTiff(
  tiff: Buffer,
  { exif, xmp, iptc, text = [], density }: ImageMetadata,
  notes: string[],
): Buffer {
  noteText(text.map(keywordOf), "TIFF", notes);
  const tags = exif && parseExif(exif);
  if (tags !== undefined && hasMakerNote(tags)) {
    notes.push("the camera's own note in EXIF left out, since it cannot be moved into a TIFF");
  }
  const own = new Map<number, Uint8Array>();
  if (xmp !== undefined) own.set(700, Buffer.from(xmp));
  if (iptc !== undefined) own.set(33723, iptc);
  const bytes = appendToTiff(tiff, tags, own, density && resolutionOf(density));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function resolutionOf({ x, y, unit }: Density): Resolution {
  // TIFF knows no metre; a hundredth of it keeps the numbers whole more often than an inch.
  if (unit === "metre") return { x: x / 100, y: y / 100, unit: 3 };
  return { x, y, unit: unit === "inch" ? 2 : unit === "centimetre" ? 3 : 1 };
}
