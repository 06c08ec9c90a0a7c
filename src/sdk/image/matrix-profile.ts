/**
 * A tone curve, encoded value to linear light: a power, the parameters g, a, b, c, d of ICC's parametric curve of type 3, or
 * samples at even distances.
 */
export type ToneCurve = number | readonly [number, number, number, number, number] | Uint16Array;

/** sRGB's curve (IEC 61966-2-1). */
export const srgbToneCurve: ToneCurve = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045];

/** The colours that a profile describes. */
export interface ProfileColors {
  readonly name: string;
  /** Red, green and blue at full intensity as XYZ adapted to D50; undefined for grey. */
  readonly columns: readonly (readonly number[])[] | undefined;
  /** Of each channel. */
  readonly curve: ToneCurve;
}

/** XYZ of D50, the white of profiles. */
const d50 = [0.9642, 1, 0.8249] as const;

/**
 * Writes an ICC profile, version 4 (ICC.1:2022), for pictures whose colours are told in another way.
 *
 * @returns the profile's bytes; the same on every call
 */
export function writeProfile({ name, columns, curve }: ProfileColors): Uint8Array {
  const tags: [names: readonly string[], data: Uint8Array][] = [
    [["desc"], textTag(name)],
    [["cprt"], textTag("Public domain")],
    ...(columns ?? []).map((column, index): [string[], Uint8Array] => [
      [["rXYZ", "gXYZ", "bXYZ"][index]!],
      numbersTag("XYZ ", [], column),
    ]),
    [["wtpt"], numbersTag("XYZ ", [], d50)],
    [columns === undefined ? ["kTRC"] : ["rTRC", "gTRC", "bTRC"], curveTag(curve)],
  ];
  const count = tags.reduce((sum, [names]) => sum + names.length, 0);
  const tableEnd = 132 + count * 12;
  const profile = new Uint8Array(tags.reduce((sum, [, data]) => sum + data.length, tableEnd));
  const view = new DataView(profile.buffer);
  view.setUint32(0, profile.length);
  view.setUint32(8, 0x04400000);
  writeText(profile, 12, columns === undefined ? "mntrGRAYXYZ " : "mntrRGB XYZ ");
  writeText(profile, 36, "acsp");
  d50.forEach((value, index) => view.setInt32(68 + index * 4, Math.round(value * 65536)));
  // Any date will do, but there must be one: year, month, day.
  [2022, 1, 1].forEach((value, index) => view.setUint16(24 + index * 2, value));
  view.setUint32(128, count);
  let entry = 132;
  let offset = tableEnd;
  for (const [names, data] of tags) {
    for (const tag of names) {
      writeText(profile, entry, tag);
      view.setUint32(entry + 4, offset);
      view.setUint32(entry + 8, data.length);
      entry += 12;
    }
    profile.set(data, offset);
    offset += data.length;
  }
  return profile;
}

/** Chromaticities x, y of white, red, green and blue. */
export type Chromaticities = readonly [
  readonly [number, number],
  readonly [number, number],
  readonly [number, number],
  readonly [number, number],
];

/** Bradford's cone responses of XYZ, row by row (ICC.1:2022, annex E). */
const bradford = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

/**
 * Red, green and blue at full intensity as XYZ adapted to D50 by Bradford's method.
 *
 * @param chromaticities - of white and the primaries
 * @returns a column for each; undefined if the primaries span no colours
 */
export function columnsOf([white, ...primaries]: Chromaticities): number[][] | undefined {
  const xyz = ([x, y]: readonly [number, number]): number[] => [x / y, 1, (1 - x - y) / y];
  const unscaled = transpose(primaries.map(xyz));
  const scales = multiply(invert(unscaled), xyz(white));
  const cones = multiply(bradford, xyz(white));
  const target = multiply(bradford, d50);
  const adapt = (column: readonly number[]): number[] => {
    const adapted = multiply(bradford, column).map(
      (value, index) => (value * target[index]!) / cones[index]!,
    );
    return multiply(invert(bradford), adapted);
  };
  const columns = transpose(unscaled).map((column, index) =>
    adapt(column.map((value) => value * scales[index]!)),
  );
  // What a profile's fixed-point numbers can hold, and a little reason.
  return columns.flat().every((value) => Math.abs(value) < 4) ? columns : undefined;
}

type Matrix = readonly (readonly number[])[];

function multiply(matrix: Matrix, vector: readonly number[]): number[] {
  return matrix.map((row) => row.reduce((sum, value, index) => sum + value * vector[index]!, 0));
}

function transpose(matrix: Matrix): number[][] {
  return [0, 1, 2].map((column) => matrix.map((row) => row[column]!));
}

/** The inverse of a 3x3 matrix, by its adjugate; not finite if there is none. */
function invert(m: Matrix): number[][] {
  const cofactor = (row: number, column: number): number => {
    const at = (dr: number, dc: number): number => m[(row + dr) % 3]![(column + dc) % 3]!;
    return at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1);
  };
  const determinant = [0, 1, 2].reduce((sum, column) => sum + m[0]![column]! * cofactor(0, column), 0);
  return [0, 1, 2].map((row) => [0, 1, 2].map((column) => cofactor(column, row) / determinant));
}

function curveTag(curve: ToneCurve): Uint8Array {
  if (typeof curve === "number") return numbersTag("para", [0, 0, 0, 0], [curve]);
  if (!(curve instanceof Uint16Array)) return numbersTag("para", [0, 3, 0, 0], curve);
  const tag = new Uint8Array(12 + Math.ceil(curve.length / 2) * 4);
  const view = new DataView(tag.buffer);
  writeText(tag, 0, "curv");
  view.setUint32(8, curve.length);
  curve.forEach((value, index) => view.setUint16(12 + index * 2, value));
  return tag;
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
