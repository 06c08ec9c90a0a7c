import { latin1 } from "../base/index.js";
import { readJpegSegments } from "./jpeg-segments.js";

/**
 * Says which pictures or films of a JPEG file are not its photo: the gain map of an HDR photo, the second view of a stereo photo, a
 * larger preview (CIPA DC-007), the film of a motion photo. They would go unnoticed, since decoders read the first picture alone.
 *
 * @param bytes - the file
 * @returns a few words for a person; undefined if the photo is alone
 */
export function describeSecondPicture(bytes: Uint8Array): string | undefined {
  let hasSeveral = false;
  let words = "";
  for (const { marker, data } of readJpegSegments(bytes)) {
    if (marker === 0xe2 && latin1(data, 0, 4) === "MPF\0") hasSeveral ||= countPictures(data.subarray(4)) > 1;
    else if (marker === 0xe1 && latin1(data, 0, 28) === "http://ns.adobe.com/xap/1.0/") words += latin1(data);
  }
  if (/\bhdrgm:|HDRGainMap/.test(words)) return "only the photo was read, its gain map (HDR) was left out";
  if (/\bGCamera:(MotionPhoto|MicroVideo)\b/.test(words))
    return "only the photo was read, its film was left out";
  return hasSeveral ? "only the first of its pictures was read" : undefined;
}

/** How many pictures an MP index tells of. */
function countPictures(index: Uint8Array): number {
  if (index.length < 10) return 1;
  const view = new DataView(index.buffer, index.byteOffset, index.byteLength);
  const isLittle = index[0] === 0x49;
  const directory = view.getUint32(4, isLittle);
  if (directory + 2 > index.length) return 1;
  const entries = view.getUint16(directory, isLittle);
  for (let entry = 0, at = directory + 2; entry < entries && at + 12 <= index.length; entry++, at += 12) {
    if (view.getUint16(at, isLittle) === 0xb001) return view.getUint32(at + 8, isLittle);
  }
  return 1;
}
