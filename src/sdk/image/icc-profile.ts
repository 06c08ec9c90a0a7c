import { latin1 } from "../base/index.js";
import type { ColorSpace } from "./pixel-image.js";
import { srgbToLinear } from "./srgb-curve.js";

/** Red, green and blue primaries as D50-adapted XYZ, as profiles store them. */
type Primaries = readonly (readonly [number, number, number])[];

const srgbPrimaries: Primaries = [
  [0.4361, 0.2225, 0.0139],
  [0.3851, 0.7169, 0.0971],
  [0.1431, 0.0606, 0.7141],
];

const displayP3Primaries: Primaries = [
  [0.5151, 0.2412, -0.0011],
  [0.292, 0.6922, 0.0419],
  [0.1571, 0.0666, 0.7841],
];

/** How far a stored primary may be from the standard's; makers of profiles round and adapt differently. */
const primaryTolerance = 0.003;

/** How far a tone curve may be from sRGB's, in linear light; small profiles approximate it with few points. */
const curveTolerance = 0.004;

const headerLength = 128;

/**
 * Recognises the profiles of sRGB and Display P3 by what they define, not by their names: primaries, tone curves, and
 * no lookup tables that would overrule them.
 *
 * @param profile - the bytes of an ICC profile (ICC.1:2022), which may be malformed
 * @returns `"srgb"` or `"display-p3"` if the profile defines that space; `"srgb"` also for a grey profile with sRGB's
 * curve; `"icc"` for every other profile
 */
export function colorSpaceOfProfile(profile: Uint8Array): ColorSpace {
  const tags = readTagTable(profile);
  if (tags === undefined || tags.has("A2B0")) return "icc";
  const space = latin1(profile, 16, 4);
  if (space === "GRAY") return isSrgbCurve(tags.get("kTRC")) ? "srgb" : "icc";
  if (space !== "RGB ") return "icc";
  if (!["rTRC", "gTRC", "bTRC"].every((name) => isSrgbCurve(tags.get(name)))) return "icc";
  const primaries = ["rXYZ", "gXYZ", "bXYZ"].map((name) => readXyz(tags.get(name)));
  if (isNear(primaries, srgbPrimaries)) return "srgb";
  if (isNear(primaries, displayP3Primaries)) return "display-p3";
  return "icc";
}

/**
 * What kind of colour numbers a profile is for.
 *
 * @param profile - the bytes of an ICC profile, which may be malformed
 * @returns `"rgb"`, `"gray"`, or `"other"` (CMYK, Lab and so on); undefined if these bytes are no whole profile
 */
export function colorModelOfProfile(profile: Uint8Array): "rgb" | "gray" | "other" | undefined {
  if (readTagTable(profile) === undefined) return undefined;
  const space = latin1(profile, 16, 4);
  return space === "RGB " ? "rgb" : space === "GRAY" ? "gray" : "other";
}

/**
 * The tone curves of a matrix profile or a grey one, from numbers to light, both 0..1.
 *
 * @param profile - the bytes of an ICC profile, which may be malformed
 * @returns one for each colour channel, the same function for channels that share one; undefined if tables define the colours, or a
 * curve is missing or damaged
 */
export function toneCurvesOf(profile: Uint8Array): readonly ((x: number) => number)[] | undefined {
  const tags = readTagTable(profile);
  if (tags === undefined || tags.has("A2B0")) return undefined;
  const names = latin1(profile, 16, 4) === "GRAY" ? ["kTRC"] : ["rTRC", "gTRC", "bTRC"];
  const read = new Map<string, ReturnType<typeof readCurve>>();
  const curves = names.flatMap((name) => {
    const tag = tags.get(name);
    if (tag === undefined) return [];
    const place = `${tag.byteOffset}+${tag.byteLength}`;
    if (!read.has(place)) read.set(place, readCurve(tag));
    return read.get(place) ?? [];
  });
  return curves.length === names.length ? curves : undefined;
}

/** The data of each tag by its signature; undefined if this is no profile or a tag lies outside it. */
function readTagTable(profile: Uint8Array): Map<string, DataView> | undefined {
  if (profile.length < headerLength + 4 || latin1(profile, 36, 4) !== "acsp") return undefined;
  const view = new DataView(profile.buffer, profile.byteOffset, profile.byteLength);
  const count = view.getUint32(headerLength);
  if (headerLength + 4 + count * 12 > profile.length) return undefined;
  const tags = new Map<string, DataView>();
  for (let index = 0; index < count; index++) {
    const entry = headerLength + 4 + index * 12;
    const offset = view.getUint32(entry + 4);
    const size = view.getUint32(entry + 8);
    if (offset + size > profile.length) return undefined;
    tags.set(latin1(profile, entry, 4), new DataView(profile.buffer, profile.byteOffset + offset, size));
  }
  return tags;
}

function signature(tag: DataView): string {
  return latin1(new Uint8Array(tag.buffer, tag.byteOffset, tag.byteLength), 0, 4);
}

function fixed(tag: DataView, offset: number): number {
  return tag.getInt32(offset) / 65536;
}

function readXyz(tag: DataView | undefined): readonly number[] | undefined {
  if (tag === undefined || tag.byteLength < 20 || signature(tag) !== "XYZ ") return undefined;
  return [fixed(tag, 8), fixed(tag, 12), fixed(tag, 16)];
}

function isNear(found: readonly (readonly number[] | undefined)[], expected: Primaries): boolean {
  return expected.every((primary, index) =>
    primary.every((value, axis) => Math.abs((found[index]?.[axis] ?? NaN) - value) <= primaryTolerance),
  );
}

function isSrgbCurve(tag: DataView | undefined): boolean {
  const curve = tag && readCurve(tag);
  if (!curve) return false;
  for (let step = 0; step <= 64; step++) {
    const x = step / 64;
    if (!(Math.abs(curve(x) - srgbToLinear(x)) <= curveTolerance)) return false;
  }
  return true;
}

/** A tone curve, encoded value to linear light, both 0..1. ICC.1:2022, 10.6 `curveType`, 10.18 `parametricCurveType`. */
function readCurve(tag: DataView): ((x: number) => number) | undefined {
  if (tag.byteLength < 12) return undefined;
  switch (signature(tag)) {
    case "curv":
      return readSampledCurve(tag);
    case "para":
      return readParametricCurve(tag);
    default:
      return undefined;
  }
}

function readSampledCurve(tag: DataView): ((x: number) => number) | undefined {
  const count = tag.getUint32(8);
  if (12 + count * 2 > tag.byteLength) return undefined;
  if (count === 0) return (x) => x;
  if (count === 1) {
    const gamma = tag.getUint16(12) / 256;
    return (x) => x ** gamma;
  }
  return (x) => {
    const position = x * (count - 1);
    const below = Math.min(Math.floor(position), count - 2);
    const low = tag.getUint16(12 + below * 2);
    const high = tag.getUint16(14 + below * 2);
    return (low + (high - low) * (position - below)) / 65535;
  };
}

function readParametricCurve(tag: DataView): ((x: number) => number) | undefined {
  const parameterCount = [1, 3, 4, 5, 7][tag.getUint16(8)];
  if (parameterCount === undefined || 12 + parameterCount * 4 > tag.byteLength) return undefined;
  const parameter = (index: number, otherwise: number): number =>
    index < parameterCount ? fixed(tag, 12 + index * 4) : otherwise;
  const g = parameter(0, 1);
  const a = parameter(1, 1);
  const b = parameter(2, 0);
  switch (parameterCount) {
    case 1:
      return (x) => x ** g;
    case 3:
      return (x) => (x >= -b / a ? (a * x + b) ** g : 0);
    case 4: {
      const c = parameter(3, 0);
      return (x) => (x >= -b / a ? (a * x + b) ** g + c : c);
    }
    default: {
      const c = parameter(3, 0);
      const d = parameter(4, 0);
      const e = parameter(5, 0);
      const f = parameter(6, 0);
      return (x) => (x >= d ? (a * x + b) ** g + e : c * x + f);
    }
  }
}
