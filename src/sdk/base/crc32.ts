const table = new Uint32Array(256).map((_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) {
    value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return value;
});

/**
 * The CRC-32 that ZIP archives and PNG files carry (reflected polynomial 0xEDB88320).
 *
 * @returns the checksum as an unsigned integer
 */
export function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) {
    value = (value >>> 8) ^ table[(value ^ bytes[i]!) & 0xff]!;
  }
  return (value ^ 0xffffffff) >>> 0;
}
