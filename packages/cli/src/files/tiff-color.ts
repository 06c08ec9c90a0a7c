import { colorsOfCurve, type ColorDescription } from "limpid/network";
import { exifNumbers, type Exif } from "./exif.js";

const transferFunctionTag = 301;
const whitePointTag = 318;
const primariesTag = 319;

/** sRGB's, for files that tell only white or only primaries. */
const standardWhite = [0.3127, 0.329];
const standardPrimaries = [0.64, 0.33, 0.3, 0.6, 0.15, 0.06];
/** Most samples of a curve in a profile; those of 16 bits are thinned out. */
const mostSamples = 4096;

/**
 * Reads what the tags of a TIFF file without a profile say of its colours (TIFF 6.0, section 20), and puts it into a profile.
 *
 * @param tags - of the picture
 * @param isGray - whether the picture has one colour channel
 * @param notes - told what cannot be described
 */
export function readTiffColor(tags: Exif, isGray: boolean, notes: string[]): ColorDescription {
  const white = exifNumbers(tags, whitePointTag);
  const primaries = exifNumbers(tags, primariesTag);
  const values = [...(white ?? standardWhite), ...(primaries ?? standardPrimaries)];
  const point = (index: number): readonly [number, number] => [values[index]!, values[index + 1]!];
  const chromaticities =
    (white ?? primaries) !== undefined && values.length === 8
      ? ([point(0), point(2), point(4), point(6)] as const)
      : undefined;
  const curve = readCurve(exifNumbers(tags, transferFunctionTag), notes);
  return colorsOfCurve("TIFF tags", curve, chromaticities, isGray, notes);
}

/** One table of 2, 16, 256 or 65536 numbers, or three, one behind the other. */
function readCurve(table: readonly number[] | undefined, notes: string[]): Uint16Array | undefined {
  if (table === undefined) return undefined;
  const count = table.length % 3 === 0 ? table.length / 3 : table.length;
  if (count < 2 || table.some((value, index) => value !== table[index % count])) {
    notes.push("the transfer function in TIFF tags was left out: its channels differ");
    return undefined;
  }
  const samples = Math.min(count, mostSamples);
  return Uint16Array.from(
    { length: samples },
    (_, index) => table[Math.round((index * (count - 1)) / (samples - 1))]!,
  );
}
