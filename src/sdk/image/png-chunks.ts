import { crc32, latin1, LimpidError } from "../base/index.js";

/** A chunk of a PNG file. */
export interface PngChunk {
  /** Four letters. */
  readonly type: string;
  /** What it holds; a view of the file. */
  readonly data: Uint8Array;
  /** Whether its checksum is right. */
  readonly isIntact: boolean;
}

const signature = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);

/** Length, type and checksum around a chunk's data. */
const overhead = 12;

/** Whether bytes begin as a PNG file does. */
export function isPng(bytes: Uint8Array): boolean {
  return bytes.length >= signature.length && signature.every((byte, index) => bytes[index] === byte);
}

/**
 * The chunks of a PNG file up to its end. A last chunk that is cut short comes as far as it goes, not intact.
 *
 * @throws {@link LimpidError} `EmptyFile`; `UnsupportedImage` if this is no PNG file
 */
export function* readPngChunks(bytes: Uint8Array): Generator<PngChunk> {
  if (bytes.length === 0) throw new LimpidError("EmptyFile", "the PNG file is empty");
  if (!isPng(bytes)) throw new LimpidError("UnsupportedImage", "this is not a PNG file");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let offset = signature.length; offset + 8 <= bytes.length;) {
    const length = view.getUint32(offset);
    const type = latin1(bytes, offset + 4, 4);
    const data = bytes.subarray(offset + 8, offset + 8 + length);
    const end = offset + 8 + length;
    const isWhole = end + 4 <= bytes.length;
    yield { type, data, isIntact: isWhole && view.getUint32(end) === crc32(bytes.subarray(offset + 4, end)) };
    if (type === "IEND") return;
    offset = end + 4;
  }
}

/**
 * Puts a PNG file together.
 *
 * @param chunks - types and data, in order, without IEND
 */
export function writePngChunks(
  chunks: readonly (readonly [type: string, data: Uint8Array])[],
): Uint8Array<ArrayBuffer> {
  const all = [...chunks, ["IEND", new Uint8Array()] as const];
  const size = all.reduce((sum, [, data]) => sum + data.length + overhead, signature.length);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes.set(signature);
  let offset = signature.length;
  for (const [type, data] of all) {
    view.setUint32(offset, data.length);
    for (let index = 0; index < 4; index++) bytes[offset + 4 + index] = type.charCodeAt(index);
    bytes.set(data, offset + 8);
    const end = offset + 8 + data.length;
    view.setUint32(end, crc32(bytes.subarray(offset + 4, end)));
    offset = end + 4;
  }
  return bytes;
}
