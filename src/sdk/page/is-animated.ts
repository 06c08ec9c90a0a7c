import { latin1 } from "../base/index.js";

/**
 * Whether a GIF, WebP or AVIF file has several frames, of which a restored picture is only the first.
 *
 * @param bytes - the file; one of another format has one frame
 */
export function isAnimated(bytes: Uint8Array): boolean {
  const name = latin1(bytes, 0, 21);
  // RFC 9649, 2.7: bit 1 of the flags of the extended form. AVIF, 8: the brand of image sequences.
  if (/^RIFF[^]{4}WEBPVP8X/.test(name)) return (bytes[20]! & 2) !== 0;
  if (/^[^]{4}ftypavis/.test(name)) return true;
  return name.startsWith("GIF8") && hasSecondFrame(bytes);
}

/** GIF89a: after the header and the global table, extensions and pictures of blocks that tell their lengths. */
function hasSecondFrame(bytes: Uint8Array): boolean {
  const tableLength = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1));
  let frames = 0;
  let at = 13 + tableLength(bytes[10] ?? 0);
  while (at < bytes.length) {
    const kind = bytes[at]!;
    if (kind === 0x2c) {
      if (++frames > 1) return true;
      at += 11 + tableLength(bytes[at + 9] ?? 0);
    } else if (kind === 0x21) {
      at += 2;
    } else {
      return false;
    }
    for (let length = bytes[at]; length !== undefined && length > 0; length = bytes[at]) at += length + 1;
    at++;
  }
  return false;
}
