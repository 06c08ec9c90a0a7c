/**
 * The size that an image file says it has.
 *
 * @param bytes - a PNG, JPEG or GIF
 * @returns undefined for anything else
 */
export function sizeOfImage(bytes: Uint8Array): { width: number; height: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length >= 24 && view.getUint32(0) === 0x89504e47) {
    return { width: view.getUint32(16), height: view.getUint32(20) };
  }
  if (bytes.length >= 10 && view.getUint32(0) === 0x47494638) {
    return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  }
  if (bytes.length >= 4 && view.getUint16(0) === 0xffd8) return sizeOfJpeg(view);
  return undefined;
}

/** The first frame header, ITU-T T.81 B.2.2; looked for byte by byte, as what stands before it may be of any kind. */
function sizeOfJpeg(view: DataView): { width: number; height: number } | undefined {
  for (let offset = 2; offset + 9 <= view.byteLength; offset++) {
    const marker = view.getUint16(offset);
    if (marker < 0xffc0 || marker > 0xffc2) continue;
    return { width: view.getUint16(offset + 7), height: view.getUint16(offset + 5) };
  }
  return undefined;
}
