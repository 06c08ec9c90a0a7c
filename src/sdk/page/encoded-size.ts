import { latin1 } from "../base/index.js";
import { readJpegSegments } from "../image/index.js";

/** The size that an image file says it has, in pixels, before its orientation is applied. */
export interface EncodedSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Reads a photo's size from its header, so that one that is too large is refused before the browser makes room for its pixels.
 *
 * @param bytes - a JPEG, WebP or GIF file; of anything else the size is not found
 * @returns what the header says; undefined if it says nothing
 */
export function encodedSize(bytes: Uint8Array): EncodedSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return sizeOfJpeg(bytes);
  const name = latin1(bytes, 0, 16);
  if (/^RIFF[^]{4}WEBPVP8[XL ]/.test(name) && bytes.length >= 30) return sizeOfWebp(view, name[15]!);
  if (name.startsWith("GIF8") && bytes.length >= 10) {
    return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  }
  return undefined;
}

/** ITU-T T.81, B.2.2: the frame header is in the first of the segments SOF0 to SOF15, but for three that mean other things. */
function sizeOfJpeg(bytes: Uint8Array): EncodedSize | undefined {
  for (const { marker, data } of readJpegSegments(bytes)) {
    if (marker < 0xc0 || marker > 0xcf || [0xc4, 0xc8, 0xcc].includes(marker) || data.length < 5) continue;
    return { width: (data[3]! << 8) | data[4]!, height: (data[1]! << 8) | data[2]! };
  }
  return undefined;
}

/** RFC 9649, section 2: the extended, the lossless and the lossy form. */
function sizeOfWebp(view: DataView, form: string): EncodedSize {
  if (form === "X") {
    const [width, height] = [view.getUint32(24, true) & 0xffffff, view.getUint32(26, true) >>> 8];
    return { width: width + 1, height: height + 1 };
  }
  if (form === "L") {
    const sizes = view.getUint32(21, true);
    return { width: (sizes & 0x3fff) + 1, height: ((sizes >>> 14) & 0x3fff) + 1 };
  }
  return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
}
