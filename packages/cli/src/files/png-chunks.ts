import { crc32, deflateSync, inflateSync } from "node:zlib";

const signatureLength = 8;

/** Length, type and checksum around a chunk's data. */
const chunkOverhead = 12;

/** The signature and the IHDR chunk, which always come first and have one length. */
const headerLength = signatureLength + chunkOverhead + 13;

/** A chunk of a PNG file. */
export interface PngChunk {
  /** Four letters. */
  readonly type: string;
  readonly data: Uint8Array;
}

/**
 * The chunks of a PNG file besides its pixels, in order. Checksums are the decoder's business.
 *
 * @param png - a PNG file, which may be damaged
 */
export function listPngChunks(png: Buffer): PngChunk[] {
  const chunks: PngChunk[] = [];
  for (let offset = signatureLength; offset + 8 <= png.length;) {
    const type = png.toString("latin1", offset + 4, offset + 8);
    const length = png.readUInt32BE(offset);
    if (type === "IEND") break;
    if (type !== "IDAT") chunks.push({ type, data: png.subarray(offset + 8, offset + 8 + length) });
    offset += length + chunkOverhead;
  }
  return chunks;
}

/**
 * A copy of a PNG file with other chunks behind its header. The pixels stay as they are.
 *
 * @param png - a PNG file
 * @param chunks - what to put there
 * @param dropped - types of chunks that are taken out
 */
export function insertPngChunks(
  png: Buffer,
  chunks: readonly PngChunk[],
  dropped: readonly string[] = [],
): Buffer {
  const parts: Buffer[] = [png.subarray(0, headerLength), ...chunks.map(writeChunk)];
  let start = headerLength;
  for (let offset = headerLength; offset + 8 <= png.length;) {
    const end = offset + png.readUInt32BE(offset) + chunkOverhead;
    if (dropped.includes(png.toString("latin1", offset + 4, offset + 8))) {
      parts.push(png.subarray(start, offset));
      start = end;
    }
    offset = end;
  }
  return Buffer.concat([...parts, png.subarray(start)]);
}

function writeChunk({ type, data }: PngChunk): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

/** An ICC profile as a chunk (PNG specification, third edition, 11.3.2.3). */
export function iccProfileChunk(profile: Uint8Array): PngChunk {
  const deflateMethod = Buffer.from([0]);
  return {
    type: "iCCP",
    data: Buffer.concat([Buffer.from("ICC Profile\0", "latin1"), deflateMethod, deflateSync(profile)]),
  };
}

/** Text of any language as a chunk, not compressed (11.3.3.4). */
export function textChunk(keyword: string, text: string): PngChunk {
  return {
    type: "iTXt",
    data: Buffer.concat([Buffer.from(`${keyword}\0\0\0\0\0`, "latin1"), Buffer.from(text)]),
  };
}

/** Most bytes of a text that is unpacked: what calls itself text can be a bomb. */
const mostText = 2 ** 24;

/**
 * What a text chunk says.
 *
 * @param chunk - of type tEXt, zTXt or iTXt
 * @returns its keyword and text; undefined if it is damaged
 */
export function readTextChunk({ type, data }: PngChunk): { keyword: string; text: string } | undefined {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const end = bytes.indexOf(0);
  if (end < 1) return undefined;
  const keyword = bytes.toString("latin1", 0, end);
  try {
    if (type === "tEXt") return { keyword, text: bytes.toString("latin1", end + 1) };
    if (type === "zTXt") {
      return { keyword, text: unpack(bytes.subarray(end + 2)).toString("latin1") };
    }
    const isPacked = bytes[end + 1] === 1;
    const language = bytes.indexOf(0, end + 3);
    const translated = language < 0 ? -1 : bytes.indexOf(0, language + 1);
    if (translated < 0) return undefined;
    const rest = bytes.subarray(translated + 1);
    return { keyword, text: (isPacked ? unpack(rest) : rest).toString("utf8") };
  } catch {
    return undefined;
  }
}

function unpack(bytes: Buffer): Buffer {
  return inflateSync(bytes, { maxOutputLength: mostText });
}
