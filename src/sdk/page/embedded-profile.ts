import { joinBytes, latin1 } from "../base/index.js";
import { readJpegSegments } from "../image/index.js";

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
  if (latin1(bytes, 0, 4) === "RIFF" && latin1(bytes, 8, 4) === "WEBP") return profileOfWebp(bytes);
  return undefined;
}

/** ICC.1:2022, annex B.4. */
function profileOfJpeg(bytes: Uint8Array): Uint8Array | undefined {
  const parts = [...readJpegSegments(bytes)]
    .filter(({ marker, data }) => marker === 0xe2 && data.length > 14 && latin1(data, 0, 12) === jpegName)
    .map(({ data }) => data)
    .sort((a, b) => a[12]! - b[12]!);
  const isWhole = parts.length > 0 && parts.every((part) => part[13] === parts.length);
  return isWhole ? joinBytes(parts.map((part) => part.subarray(14))) : undefined;
}

function profileOfWebp(bytes: Uint8Array): Uint8Array | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let offset = 12; offset + 8 <= bytes.length;) {
    const length = view.getUint32(offset + 4, true);
    if (latin1(bytes, offset, 4) === "ICCP") {
      const profile = bytes.slice(offset + 8, offset + 8 + length);
      return profile.length === length && length > 0 ? profile : undefined;
    }
    offset += 8 + length + (length & 1);
  }
  return undefined;
}
