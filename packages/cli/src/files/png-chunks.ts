import { crc32, deflateSync } from "node:zlib";

const signatureLength = 8;

/** Length, type and checksum around a chunk's data. */
const chunkOverhead = 12;

/** The signature and the IHDR chunk, which always come first and have one length. */
const headerLength = signatureLength + chunkOverhead + 13;

/**
 * The types of the chunks before the pixels, in order, such as `"iCCP"` or, in an animation, `"acTL"`.
 *
 * @param png - a PNG file, which may be damaged
 */
export function listPngChunks(png: Buffer): string[] {
  const types: string[] = [];
  for (let offset = signatureLength; offset + 8 <= png.length;) {
    const type = png.toString("latin1", offset + 4, offset + 8);
    if (type === "IDAT") break;
    types.push(type);
    offset += png.readUInt32BE(offset) + chunkOverhead;
  }
  return types;
}

/**
 * A copy of a PNG file with an ICC profile in it (PNG specification, third edition, 11.3.2.3). The pixels stay as they
 * are: the profile only says how to read them.
 *
 * @param png - a PNG file without an iCCP chunk
 * @param profile - the profile, kept byte for byte
 */
export function insertIccProfile(png: Buffer, profile: Uint8Array): Buffer {
  const name = Buffer.from("ICC Profile\0", "latin1");
  const deflateMethod = Buffer.from([0]);
  const data = Buffer.concat([Buffer.from("iCCP", "latin1"), name, deflateMethod, deflateSync(profile)]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length - 4);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(data));
  return Buffer.concat([png.subarray(0, headerLength), length, data, checksum, png.subarray(headerLength)]);
}
