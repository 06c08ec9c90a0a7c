import { LimpidError } from "../base/index.js";
import { colorSpaceOfProfile } from "./icc-profile.js";
import {
  columnsOf,
  srgbToneCurve,
  writeProfile,
  type Chromaticities,
  type ToneCurve,
} from "./matrix-profile.js";
import type { ColorSpace } from "./pixel-image.js";

/** How the numbers of a file are to be read. */
export interface ColorDescription {
  /** The colour space. */
  readonly colorSpace: ColorSpace;
  /** The profile: the file's own, byte for byte, or one that says what the file says in other words; undefined if none is needed. */
  readonly iccProfile: Uint8Array | undefined;
}

/** Plain sRGB. */
export const srgbColors: ColorDescription = { colorSpace: "srgb", iccProfile: undefined };

const d65 = [0.3127, 0.329] as const;
const illuminantC = [0.31, 0.316] as const;

/** Primaries by their number in ITU-T H.273 (table 2): white, red, green, blue. */
const primariesByNumber: ReadonlyMap<number, Chromaticities> = new Map([
  [1, [d65, [0.64, 0.33], [0.3, 0.6], [0.15, 0.06]]],
  [4, [illuminantC, [0.67, 0.33], [0.21, 0.71], [0.14, 0.08]]],
  [5, [d65, [0.64, 0.33], [0.29, 0.6], [0.15, 0.06]]],
  [6, [d65, [0.63, 0.34], [0.31, 0.595], [0.155, 0.07]]],
  [7, [d65, [0.63, 0.34], [0.31, 0.595], [0.155, 0.07]]],
  [8, [illuminantC, [0.681, 0.319], [0.243, 0.692], [0.145, 0.049]]],
  [9, [d65, [0.708, 0.292], [0.17, 0.797], [0.131, 0.046]]],
  [
    11,
    [
      [0.314, 0.351],
      [0.68, 0.32],
      [0.265, 0.69],
      [0.15, 0.06],
    ],
  ],
  [12, [d65, [0.68, 0.32], [0.265, 0.69], [0.15, 0.06]]],
  [22, [d65, [0.63, 0.34], [0.295, 0.605], [0.155, 0.077]]],
]);

/** How BT.709, BT.601 and BT.2020 are shown, which is not how a camera encodes them (ITU-R BT.1886). */
const bt1886: ToneCurve = 2.4;

/** Transfer curves by their number in ITU-T H.273 (table 3). */
const curvesByNumber: ReadonlyMap<number, ToneCurve> = new Map<number, ToneCurve>([
  [1, bt1886],
  [4, 2.2],
  [5, 2.8],
  [6, bt1886],
  [8, 1],
  [13, srgbToneCurve],
  [14, bt1886],
  [15, bt1886],
]);

/** Curves of pictures that are brighter than white. */
const brightCurves: Readonly<Record<number, string>> = { 16: "PQ", 18: "HLG" };

/**
 * What the code points of PNG's cICP or AVIF's nclx say (ITU-T H.273).
 *
 * @param primaries - their number; 2 is unspecified
 * @param transfer - the curve's number; 2 is unspecified
 * @param isGray - whether the picture has one colour channel
 * @param notes - told what cannot be described
 * @throws {@link LimpidError} `UnsupportedImage` for PQ and HLG, whose numbers mean other brightnesses than any display's that
 * Limpid knows
 */
export function colorsOfCodePoints(
  primaries: number,
  transfer: number,
  isGray: boolean,
  notes: string[],
): ColorDescription {
  const bright = brightCurves[transfer];
  if (bright !== undefined) {
    throw new LimpidError(
      "UnsupportedImage",
      `HDR pictures (${bright}) cannot be read; convert them to standard dynamic range first`,
      { details: { primaries, transfer } },
    );
  }
  const space = isGray || primaries === 2 ? 1 : primaries;
  const curve = transfer === 2 ? srgbToneCurve : curvesByNumber.get(transfer);
  const chromaticities = primariesByNumber.get(space);
  if (curve === undefined || chromaticities === undefined) {
    notes.push(
      `colours of code points ${primaries}/${transfer} were read as sRGB, since no profile describes them`,
    );
    return srgbColors;
  }
  if (curve === srgbToneCurve && space === 1) return srgbColors;
  if (curve === srgbToneCurve && space === 12) return { colorSpace: "display-p3", iccProfile: undefined };
  return describe(`Code points ${space}/${transfer}`, chromaticities, curve, isGray, notes);
}

/** sRGB's chromaticities, in the order of {@link Chromaticities}. */
const srgbChromaticities = primariesByNumber.get(1)!;
const displayP3Chromaticities = primariesByNumber.get(12)!;

/** How far a chromaticity may be off and still be the standard's. */
const chromaticityTolerance = 0.005;
/** How far a curve's exponent may be from 2.2, which stands for sRGB's curve. */
const gammaTolerance = 0.025;

/**
 * What a curve and chromaticities say, as PNG's gAMA and cHRM and TIFF's tags tell them: for those who decode other formats that
 * have such.
 *
 * @param name - of the profile, if one is needed
 * @param curve - from numbers to light; undefined if nothing is said
 * @param found - white and primaries; undefined if nothing is said
 * @param isGray - whether the picture has one colour channel
 * @param notes - told what cannot be described
 */
export function colorsOfCurve(
  name: string,
  curve: ToneCurve | undefined,
  found: Chromaticities | undefined,
  isGray: boolean,
  notes: string[],
): ColorDescription {
  const chromaticities = found === undefined || isGray ? srgbChromaticities : found;
  const isSrgbCurve =
    curve === undefined || (typeof curve === "number" && Math.abs(curve - 2.2) <= gammaTolerance);
  if (isSrgbCurve && isNear(chromaticities, srgbChromaticities)) return srgbColors;
  if (isSrgbCurve && isNear(chromaticities, displayP3Chromaticities)) {
    return { colorSpace: "display-p3", iccProfile: undefined };
  }
  return describe(name, chromaticities, curve ?? srgbToneCurve, isGray, notes);
}

function isNear(a: Chromaticities, b: Chromaticities): boolean {
  return a.flat().every((value, index) => Math.abs(value - b.flat()[index]!) <= chromaticityTolerance);
}

/** Puts colours into a profile. */
function describe(
  name: string,
  chromaticities: Chromaticities,
  curve: ToneCurve,
  isGray: boolean,
  notes: string[],
): ColorDescription {
  const columns = isGray ? undefined : columnsOf(chromaticities);
  if ((!isGray && columns === undefined) || (typeof curve === "number" && !(curve > 0.1 && curve < 10))) {
    notes.push("a description of colours that makes no sense was left out");
    return srgbColors;
  }
  const iccProfile = writeProfile({ name, columns, curve });
  const colorSpace = colorSpaceOfProfile(iccProfile);
  return { colorSpace, iccProfile: colorSpace === "icc" ? iccProfile : undefined };
}
