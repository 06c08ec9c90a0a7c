import { colorsOfCodePoints, colorsOfCurve, srgbColors, type ColorDescription } from "./color-description.js";
import type { Chromaticities } from "./matrix-profile.js";
import { colorsOfProfile } from "./profile-colors.js";
import { inflate } from "./png-stream.js";

/** Most bytes that a profile may have; printers' are a few million long. */
const maximumProfileLength = 2 ** 24;

/**
 * Reads what a PNG file says of its colours, the strongest word first: cICP, iCCP, sRGB, then cHRM and gAMA (PNG
 * specification, third edition, 4.3). What no profile says is put into one.
 *
 * @param chunks - by type, the first of each
 * @param isGray - whether the picture has one colour channel
 * @param notes - told what was left out
 * @throws {@link LimpidError} `UnsupportedImage` for PQ and HLG
 */
export async function readPngColor(
  chunks: ReadonlyMap<string, Uint8Array>,
  isGray: boolean,
  notes: string[],
): Promise<ColorDescription> {
  const codePoints = chunks.get("cICP");
  if (codePoints !== undefined && codePoints.length >= 4) {
    const [primaries = 2, transfer = 2, , isFullRange] = codePoints;
    if (isFullRange !== 1) notes.push("samples of narrow range were not spread");
    return colorsOfCodePoints(primaries, transfer, isGray, notes);
  }
  const embedded = chunks.get("iCCP");
  if (embedded !== undefined) {
    const colors = colorsOfProfile(await readProfile(embedded), [isGray ? "gray" : "rgb"], notes);
    if (colors !== undefined) return colors;
  }
  if (chunks.has("sRGB")) return srgbColors;
  const gamma = readNumbers(chunks.get("gAMA"), 1)?.[0];
  const found = readNumbers(chunks.get("cHRM"), 8);
  return colorsOfCurve(
    "PNG gamma and chromaticities",
    gamma && 1 / gamma,
    found && chromaticitiesOf(found),
    isGray,
    notes,
  );
}

/** A name of up to 79 letters, 0, the compression method 0, and the compressed profile. */
async function readProfile(chunk: Uint8Array): Promise<Uint8Array | undefined> {
  const nameLength = chunk.indexOf(0);
  if (nameLength < 0 || chunk[nameLength + 1] !== 0) return undefined;
  const { bytes } = await inflate([chunk.subarray(nameLength + 2)], maximumProfileLength, false);
  if (bytes.length < 132) return undefined;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  return bytes.length >= length && length >= 132 ? bytes.slice(0, length) : undefined;
}

/** In the order in which cHRM has them: white x, y, red, green, blue. */
function chromaticitiesOf(numbers: readonly number[]): Chromaticities {
  const at = (index: number): [number, number] => [numbers[index * 2]!, numbers[index * 2 + 1]!];
  return [at(0), at(1), at(2), at(3)];
}

/** Numbers in 1/100000. */
function readNumbers(chunk: Uint8Array | undefined, count: number): readonly number[] | undefined {
  if (chunk === undefined || chunk.length < count * 4) return undefined;
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return Array.from({ length: count }, (_, index) => view.getUint32(index * 4) / 100_000);
}
