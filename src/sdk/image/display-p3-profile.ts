/** Display P3's primaries and the D50 white, as XYZ adapted to D50 (SMPTE EG 432-1, adapted by Bradford's method). */
const xyz = {
  rXYZ: [0.51512, 0.2412, -0.00105],
  gXYZ: [0.29198, 0.69225, 0.04189],
  bXYZ: [0.1571, 0.06657, 0.78407],
  wtpt: [0.9642, 1, 0.8249],
} as const;

/** sRGB's curve: parameters g, a, b, c, d of a parametric curve of type 3. */
const curve = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045];

/**
 * An ICC profile of Display P3, version 4 (ICC.1:2022): for files of images that are in that space and came without one.
 *
 * @returns the profile's bytes; the same on every call
 */
export function displayP3Profile(): Uint8Array {
  const tags: [names: readonly string[], data: Uint8Array][] = [
    [["desc"], textTag("Display P3")],
    [["cprt"], textTag("Public domain")],
    ...Object.entries(xyz).map(([name, values]): [string[], Uint8Array] => [
      [name],
      numbersTag("XYZ ", [], values),
    ]),
    [["rTRC", "gTRC", "bTRC"], numbersTag("para", [0, 3, 0, 0], curve)],
  ];
  const count = tags.reduce((sum, [names]) => sum + names.length, 0);
  const tableEnd = 132 + count * 12;
  const profile = new Uint8Array(tags.reduce((sum, [, data]) => sum + data.length, tableEnd));
  const view = new DataView(profile.buffer);
  view.setUint32(0, profile.length);
  view.setUint32(8, 0x04400000);
  writeText(profile, 12, "mntrRGB XYZ ");
  writeText(profile, 36, "acsp");
  xyz.wtpt.forEach((value, index) => view.setInt32(68 + index * 4, Math.round(value * 65536)));
  // Any date will do, but there must be one: year, month, day.
  [2022, 1, 1].forEach((value, index) => view.setUint16(24 + index * 2, value));
  view.setUint32(128, count);
  let entry = 132;
  let offset = tableEnd;
  for (const [names, data] of tags) {
    for (const name of names) {
      writeText(profile, entry, name);
      view.setUint32(entry + 4, offset);
      view.setUint32(entry + 8, data.length);
      entry += 12;
    }
    profile.set(data, offset);
    offset += data.length;
  }
  return profile;
}

/** A tag of fixed-point numbers behind its signature, four bytes of 0 and a prefix. */
function numbersTag(signature: string, prefix: readonly number[], values: readonly number[]): Uint8Array {
  const tag = new Uint8Array(8 + prefix.length + values.length * 4);
  writeText(tag, 0, signature);
  tag.set(prefix, 8);
  const view = new DataView(tag.buffer);
  values.forEach((value, index) => view.setInt32(8 + prefix.length + index * 4, Math.round(value * 65536)));
  return tag;
}

/** A `multiLocalizedUnicodeType` of one English text, padded to four bytes. */
function textTag(text: string): Uint8Array {
  const tag = new Uint8Array(28 + Math.ceil(text.length / 2) * 4);
  const view = new DataView(tag.buffer);
  writeText(tag, 0, "mluc");
  view.setUint32(8, 1);
  view.setUint32(12, 12);
  writeText(tag, 16, "enUS");
  view.setUint32(20, text.length * 2);
  view.setUint32(24, 28);
  for (let index = 0; index < text.length; index++) view.setUint16(28 + index * 2, text.charCodeAt(index));
  return tag;
}

function writeText(bytes: Uint8Array, offset: number, text: string): void {
  for (let index = 0; index < text.length; index++) bytes[offset + index] = text.charCodeAt(index);
}
