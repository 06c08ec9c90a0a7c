/** A segment of a JPEG file that comes before its pixels. */
export interface JpegSegment {
  /** The second byte of its marker: 0xe1 for APP1. */
  readonly marker: number;
  /** What it holds, without marker and length; a view of the file. */
  readonly data: Uint8Array;
  /** Where its marker begins in the file. */
  readonly start: number;
}

/**
 * The segments of a JPEG file before the first scan (ITU-T T.81, B.1.1.4). A file that is damaged gives those before the damage.
 *
 * @param bytes - the file
 */
export function* readJpegSegments(bytes: Uint8Array): Generator<JpegSegment> {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return;
  for (let start = 2; start + 4 <= bytes.length && bytes[start] === 0xff;) {
    const marker = bytes[start + 1]!;
    if (marker === 0xff) {
      // A marker may be preceded by any number of fill bytes.
      start++;
      continue;
    }
    const length = (bytes[start + 2]! << 8) | bytes[start + 3]!;
    const end = start + 2 + length;
    if (marker === 0xda || length < 2 || end > bytes.length) return;
    yield { marker, data: bytes.subarray(start + 4, end), start };
    start = end;
  }
}
