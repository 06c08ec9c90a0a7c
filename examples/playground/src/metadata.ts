import { crc32, joinBytes } from "../../../src/sdk/base/index.js";
import { describeUpright, parseExif, serializeExif } from "../../../packages/cli/src/files/exif.js";
import { describeUprightXmp } from "../../../packages/cli/src/files/xmp.js";

/** What a photo's file says besides its pixels: of the upright picture, without a thumbnail. */
export interface Metadata {
  /** Date, camera, place and so on, without `Exif\0\0` before it. */
  readonly exif?: Uint8Array | undefined;
  /** The XMP packet, in UTF-8. */
  readonly xmp?: Uint8Array | undefined;
}

const exifName = "Exif\0\0";
const xmpName = "http://ns.adobe.com/xap/1.0/\0";
const pngXmpName = "XML:com.adobe.xmp\0\0\0\0\0";

/**
 * Reads EXIF and XMP of a JPEG, PNG or WebP file. What is damaged, and packed XMP of a PNG, is left out.
 *
 * @param bytes - the file
 * @param size - of the upright picture, in pixels
 */
export function readMetadata(
  bytes: Uint8Array,
  size: { readonly width: number; readonly height: number },
): Metadata {
  const stored = isJpeg(bytes) ? readJpeg(bytes) : isPng(bytes) ? readPng(bytes) : readWebp(bytes);
  const exif = stored.exif && parseExif(stored.exif);
  return {
    // Whether the file's sides were exchanged says only what its densities mean, which no camera makes differ.
    exif: exif && serializeExif(describeUpright(exif, { ...size, isTransposed: false })),
    xmp: stored.xmp && uprightXmp(stored.xmp),
  };
}

/**
 * Writes EXIF and XMP into a file that a browser or Limpid has encoded, which has none.
 *
 * @param bytes - a JPEG, PNG or WebP file
 * @returns the file, or a new one
 */
export function writeMetadata(bytes: Uint8Array, metadata: Metadata, size: Size): Uint8Array {
  if (metadata.exif === undefined && metadata.xmp === undefined) return bytes;
  if (isJpeg(bytes)) return writeJpeg(bytes, metadata);
  return isPng(bytes) ? writePng(bytes, metadata) : writeWebp(bytes, metadata, size);
}

/** Of a picture, in pixels. */
interface Size {
  readonly width: number;
  readonly height: number;
}

function uprightXmp(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return utf8(describeUprightXmp(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch {
    return undefined;
  }
}

const isJpeg = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === 0xd8;
const isPng = (bytes: Uint8Array): boolean => latin1(bytes, 0, 4) === "\x89PNG";

function readJpeg(bytes: Uint8Array): Metadata {
  let found: Metadata = {};
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda;) {
    const length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    const data = bytes.subarray(at + 4, at + 2 + length);
    if (bytes[at + 1] === 0xe1) {
      if (startsWith(data, exifName)) found = { ...found, exif: data.subarray(exifName.length) };
      if (startsWith(data, xmpName)) found = { ...found, xmp: data.subarray(xmpName.length) };
    }
    if (length < 2) break;
    at += 2 + length;
  }
  return found;
}

function writeJpeg(bytes: Uint8Array, { exif, xmp }: Metadata): Uint8Array {
  // Behind JFIF's segment, which comes first where there is one.
  const start = bytes[3] === 0xe0 ? 4 + ((bytes[4]! << 8) | bytes[5]!) : 2;
  const parts = [
    exif && joinBytes([latin1Bytes(exifName), exif]),
    xmp && joinBytes([latin1Bytes(xmpName), xmp]),
  ];
  const segments = parts.flatMap((data) => {
    // A segment says its length in 16 bits.
    if (data === undefined || data.length + 2 > 0xffff) return [];
    return [Uint8Array.of(0xff, 0xe1, (data.length + 2) >> 8, (data.length + 2) & 0xff), data];
  });
  return joinBytes([bytes.subarray(0, start), ...segments, bytes.subarray(start)]);
}

function readPng(bytes: Uint8Array): Metadata {
  let found: Metadata = {};
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    const type = latin1(bytes, at + 4, 4);
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (type === "eXIf") found = { ...found, exif: data };
    if (type === "iTXt" && startsWith(data, pngXmpName))
      found = { ...found, xmp: data.subarray(pngXmpName.length) };
    at += 12 + length;
  }
  return found;
}

function writePng(bytes: Uint8Array, { exif, xmp }: Metadata): Uint8Array {
  const headerEnd = 8 + 12 + 13;
  const chunks = [
    ...(exif ? [pngChunk("eXIf", exif)] : []),
    ...(xmp ? [pngChunk("iTXt", joinBytes([latin1Bytes(pngXmpName), xmp]))] : []),
  ];
  return joinBytes([bytes.subarray(0, headerEnd), ...chunks, bytes.subarray(headerEnd)]);
}

function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(data.length + 12);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, data.length);
  chunk.set(latin1Bytes(type), 4);
  chunk.set(data, 8);
  view.setUint32(data.length + 8, crc32(chunk.subarray(4, data.length + 8)));
  return chunk;
}

function* webpChunks(bytes: Uint8Array): Generator<{ type: string; data: Uint8Array }> {
  if (latin1(bytes, 0, 4) !== "RIFF" || latin1(bytes, 8, 4) !== "WEBP") return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 12; at + 8 <= bytes.length;) {
    const length = view.getUint32(at + 4, true);
    yield { type: latin1(bytes, at, 4), data: bytes.subarray(at + 8, at + 8 + length) };
    at += 8 + length + (length & 1);
  }
}

function readWebp(bytes: Uint8Array): Metadata {
  const found = new Map([...webpChunks(bytes)].map(({ type, data }) => [type, data]));
  const exif = found.get("EXIF");
  const isNamed = exif !== undefined && startsWith(exif, exifName);
  return { exif: isNamed ? exif.subarray(exifName.length) : exif, xmp: found.get("XMP ") };
}

/** The container specification of WebP: what is more than pixels must be announced by a VP8X chunk. */
function writeWebp(bytes: Uint8Array, { exif, xmp }: Metadata, { width, height }: Size): Uint8Array {
  const chunks = [...webpChunks(bytes)].filter(({ type }) => type !== "VP8X");
  if (chunks.length === 0) return bytes;
  const types = new Set(chunks.map(({ type }) => type));
  // The bit of a lossless picture that tells of transparency.
  const lossless = chunks.find(({ type }) => type === "VP8L")?.data;
  const hasAlpha = types.has("ALPH") || (lossless !== undefined && (lossless[4]! & 0x10) !== 0);
  const flags = (types.has("ICCP") ? 0x20 : 0) | (hasAlpha ? 0x10 : 0) | (exif ? 0x08 : 0) | (xmp ? 0x04 : 0);
  const header = new Uint8Array(10);
  header[0] = flags;
  const view = new DataView(header.buffer);
  view.setUint16(4, (width - 1) & 0xffff, true);
  header[6] = (width - 1) >> 16;
  view.setUint16(7, (height - 1) & 0xffff, true);
  header[9] = (height - 1) >> 16;
  const all = [
    { type: "VP8X", data: header },
    ...chunks,
    ...(exif ? [{ type: "EXIF", data: exif }] : []),
    ...(xmp ? [{ type: "XMP ", data: xmp }] : []),
  ];
  const body = joinBytes([latin1Bytes("WEBP"), ...all.map(({ type, data }) => riffChunk(type, data))]);
  return riffChunk("RIFF", body);
}

function riffChunk(type: string, data: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(8 + data.length + (data.length & 1));
  chunk.set(latin1Bytes(type));
  new DataView(chunk.buffer).setUint32(4, data.length, true);
  chunk.set(data, 8);
  return chunk;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const latin1Bytes = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));
const latin1 = (bytes: Uint8Array, start: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(start, start + length));
const startsWith = (bytes: Uint8Array, name: string): boolean => latin1(bytes, 0, name.length) === name;
