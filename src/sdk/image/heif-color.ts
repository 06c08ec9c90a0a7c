import { colorsOfCodePoints, srgbColors, type ColorDescription } from "./color-description.js";
import { colorModelOfProfile, colorSpaceOfProfile } from "./icc-profile.js";

/** A box of an ISO base media file (ISO/IEC 14496-12, 4.2). */
interface Box {
  readonly type: string;
  readonly data: Uint8Array;
}

/** The curves of BT.709, BT.601 and BT.2020 by their numbers: encoders name them and mean sRGB's, and browsers take them for it. */
const videoCurves = [1, 6, 14, 15];
const srgbCurve = 13;
/** More boxes side by side than any picture has. */
const mostBoxes = 4096;

/**
 * Whether bytes begin as an AVIF or HEIC file does.
 *
 * @param bytes - any bytes
 */
export function isHeif(bytes: Uint8Array): boolean {
  return /^[^]{4}ftyp(avi[fs]|hei[cmsx]|hev[cx]|mif1|msf1)/.test(text(bytes, 0, 12));
}

/**
 * Reads what an AVIF or HEIC file says of its photo's colours (ISO/IEC 23008-12, 6.5.5): the profile, or code points, which are put
 * into one.
 *
 * @param bytes - the file
 * @param isGray - whether the picture has one colour channel
 * @param notes - told what was left out
 * @throws {@link LimpidError} `UnsupportedImage` for PQ and HLG
 */
export function readHeifColor(bytes: Uint8Array, isGray: boolean, notes: string[]): ColorDescription {
  const properties = propertiesOfPrimaryItem(bytes);
  const colors = properties.filter(({ type }) => type === "colr").map(({ data }) => data);
  const profiles = colors.filter((data) => /^(prof|rICC)$/.test(text(data, 0, 4)));
  const codePoints = colors.find((data) => text(data, 0, 4) === "nclx" && data.length >= 10);
  if (codePoints !== undefined) {
    const view = new DataView(codePoints.buffer, codePoints.byteOffset, codePoints.byteLength);
    const transfer = view.getUint16(6);
    const shown = videoCurves.includes(transfer) ? srgbCurve : transfer;
    const described = colorsOfCodePoints(view.getUint16(4), shown, isGray, notes);
    if (profiles.length === 0) return described;
  }
  const iccProfile = profiles[0]?.slice(4);
  if (iccProfile === undefined) return srgbColors;
  const model = colorModelOfProfile(iccProfile);
  if (model === (isGray ? "gray" : "rgb")) return { colorSpace: colorSpaceOfProfile(iccProfile), iccProfile };
  notes.push(
    model === undefined
      ? "damaged colour profile left out"
      : "colour profile of another kind of image left out",
  );
  return srgbColors;
}

/** The properties that belong to the photo; all of the file if it cannot be told which do. */
function propertiesOfPrimaryItem(bytes: Uint8Array): readonly Box[] {
  const meta = boxesIn(bytes).find(({ type }) => type === "meta");
  const inMeta = meta === undefined ? [] : boxesIn(meta.data.subarray(4));
  const inProperties = inMeta.filter(({ type }) => type === "iprp").flatMap(({ data }) => boxesIn(data));
  const all = inProperties.filter(({ type }) => type === "ipco").flatMap(({ data }) => boxesIn(data));
  const item = primaryItem(inMeta.find(({ type }) => type === "pitm")?.data);
  const indices = inProperties
    .filter(({ type }) => type === "ipma")
    .flatMap(({ data }) => associations(data, item) ?? []);
  return indices.length === 0 ? all : indices.flatMap((index) => all[index - 1] ?? []);
}

function primaryItem(data: Uint8Array | undefined): number | undefined {
  if (data === undefined || data.length < 6) return undefined;
  const view = viewOf(data);
  return data[0] === 0 ? view.getUint16(4) : data.length >= 8 ? view.getUint32(4) : undefined;
}

/** The numbers, from 1, of an item's properties in an `ipma` box. */
function associations(data: Uint8Array, item: number | undefined): number[] | undefined {
  const view = viewOf(data);
  if (data.length < 8) return undefined;
  const isLong = data[0]! >= 1;
  const isWide = (data[3]! & 1) === 1;
  const count = Math.min(view.getUint32(4), mostBoxes);
  let at = 8;
  for (let entry = 0; entry < count && at + (isLong ? 5 : 3) <= data.length; entry++) {
    const id = isLong ? view.getUint32(at) : view.getUint16(at);
    at += isLong ? 4 : 2;
    const properties = data[at++]!;
    const size = isWide ? 2 : 1;
    if (at + properties * size > data.length) return undefined;
    if (id === item) {
      return Array.from({ length: properties }, (_, index) =>
        isWide ? view.getUint16(at + index * 2) & 0x7fff : data[at + index]! & 0x7f,
      );
    }
    at += properties * size;
  }
  return undefined;
}

function boxesIn(bytes: Uint8Array): Box[] {
  const view = viewOf(bytes);
  const boxes: Box[] = [];
  for (let at = 0; at + 8 <= bytes.length && boxes.length < mostBoxes;) {
    const size = view.getUint32(at);
    const isLarge = size === 1 && at + 16 <= bytes.length;
    const length = isLarge ? Number(view.getBigUint64(at + 8)) : size === 0 ? bytes.length - at : size;
    const head = isLarge ? 16 : 8;
    if (length < head) break;
    boxes.push({ type: text(bytes, at + 4, 4), data: bytes.subarray(at + head, at + length) });
    at += length;
  }
  return boxes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function text(bytes: Uint8Array, offset: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + length));
}
