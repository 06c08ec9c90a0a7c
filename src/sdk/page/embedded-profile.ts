import { joinBytes } from "../base/index.js";

/** How a profile's part begins in a JPEG's APP2 segment: its name, then the part's number and how many there are. */
const jpegName = "ICC_PROFILE\0";

/**
 * The ICC profile that a photo's file carries, which a browser applies or ignores but never tells.
 *
 * @param bytes - a JPEG or WebP file; anything else has none that is found
 * @returns the profile, byte for byte; undefined if there is none, or it is damaged
 */
export function embeddedProfile(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return profileOfJpeg(bytes);
  if (text(bytes, 0, 4) === "RIFF" && text(bytes, 8, 4) === "WEBP") return profileOfWebp(bytes);
  return undefined;
}

/** ICC.1:2022, annex B.4. */
function profileOfJpeg(bytes: Uint8Array): Uint8Array | undefined {
  const parts = new Map<number, Uint8Array>();
  let expected = 0;
  for (let offset = 2; offset + 4 <= bytes.length && bytes[offset] === 0xff;) {
    const marker = bytes[offset + 1]!;
    if (marker === 0xda) break;
    const length = (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
    if (length < 2 || offset + 2 + length > bytes.length) return undefined;
    const data = bytes.subarray(offset + 4, offset + 2 + length);
    if (marker === 0xe2 && data.length > 14 && text(data, 0, 12) === jpegName) {
      parts.set(data[12]!, data.subarray(14));
      expected = data[13]!;
    }
    offset += 2 + length;
  }
  if (expected === 0 || parts.size !== expected) return undefined;
  const ordered = [...parts].sort(([a], [b]) => a - b).map(([, part]) => part);
  return joinBytes(ordered);
}

function profileOfWebp(bytes: Uint8Array): Uint8Array | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let offset = 12; offset + 8 <= bytes.length;) {
    const length = view.getUint32(offset + 4, true);
    if (text(bytes, offset, 4) === "ICCP") {
      const profile = bytes.slice(offset + 8, offset + 8 + length);
      return profile.length === length && length > 0 ? profile : undefined;
    }
    offset += 8 + length + (length & 1);
  }
  return undefined;
}

function text(bytes: Uint8Array, offset: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + length));
}
