import { colorModelOfProfile, colorSpaceOfProfile } from "./icc-profile.js";
import type { ColorSpace } from "./pixel-image.js";
import type { PngHeader } from "./png-header.js";
import { inflate } from "./png-stream.js";

/** How the numbers of a PNG file are to be read. */
export interface PngColor {
  /** The colour space. */
  readonly colorSpace: ColorSpace;
  /** The profile, byte for byte, if there is one that fits. */
  readonly iccProfile: Uint8Array | undefined;
}

/** Most bytes that a profile may have; printers' are a few million long. */
const maximumProfileLength = 2 ** 24;

/** Chromaticities of a cHRM chunk in 1/100000: white x, y, red, green, blue. */
const chromaticities = {
  srgb: [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000],
  "display-p3": [31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000],
} as const;

/** How far a chromaticity may be off, in 1/100000. */
const chromaticityTolerance = 500;

/** 1 / 2.2 in 1/100000: the gamma that stands for sRGB's curve. */
const srgbGamma = 45455;

/**
 * Reads what a PNG file says of its colours, the strongest word first: cICP, iCCP, sRGB, then cHRM and gAMA (PNG
 * specification, third edition, 4.3).
 *
 * @param header - of the file
 * @param chunks - by type, the first of each
 * @param notes - told what was left out
 */
export async function readPngColor(
  header: PngHeader,
  chunks: ReadonlyMap<string, Uint8Array>,
  notes: string[],
): Promise<PngColor> {
  const isGray = header.colorType === 0 || header.colorType === 4;
  const codePoints = chunks.get("cICP");
  if (codePoints !== undefined && codePoints.length >= 4) {
    const [primaries, transfer, , isFullRange] = codePoints;
    if (transfer === 13 && isFullRange === 1 && (primaries === 1 || primaries === 12)) {
      return { colorSpace: primaries === 12 && !isGray ? "display-p3" : "srgb", iccProfile: undefined };
    }
    notes.push(`colours coded as cICP ${primaries}/${transfer} were read as they stand`);
  }
  const embedded = chunks.get("iCCP");
  if (embedded !== undefined) {
    const iccProfile = await readProfile(embedded);
    const model = iccProfile && colorModelOfProfile(iccProfile);
    if (iccProfile === undefined || model === undefined) notes.push("damaged colour profile left out");
    else if (model !== (isGray ? "gray" : "rgb"))
      notes.push("colour profile of another kind of image left out");
    else return { colorSpace: colorSpaceOfProfile(iccProfile), iccProfile };
  }
  if (chunks.has("sRGB")) return { colorSpace: "srgb", iccProfile: undefined };
  return { colorSpace: readPrimaries(chunks, isGray, notes), iccProfile: undefined };
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

function readPrimaries(
  chunks: ReadonlyMap<string, Uint8Array>,
  isGray: boolean,
  notes: string[],
): "srgb" | "display-p3" {
  const gamma = readNumbers(chunks.get("gAMA"), 1)?.[0];
  if (gamma !== undefined && Math.abs(gamma - srgbGamma) > chromaticityTolerance) {
    notes.push(`gamma ${(gamma / 100_000).toFixed(3)} was not applied`);
  }
  const found = readNumbers(chunks.get("cHRM"), 8);
  if (found === undefined || isGray) return "srgb";
  const isNear = (space: "srgb" | "display-p3") =>
    chromaticities[space].every((value, index) => Math.abs(value - found[index]!) <= chromaticityTolerance);
  if (isNear("display-p3")) return "display-p3";
  if (!isNear("srgb")) notes.push("colour primaries other than sRGB's were not applied");
  return "srgb";
}

function readNumbers(chunk: Uint8Array | undefined, count: number): readonly number[] | undefined {
  if (chunk === undefined || chunk.length < count * 4) return undefined;
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return Array.from({ length: count }, (_, index) => view.getUint32(index * 4));
}
