import { latin1 } from "../base/index.js";
import { readAv1Color, type CodePoints } from "./av1-color.js";
import { colorsOfCodePoints, srgbColors, type ColorDescription } from "./color-description.js";
import { colorsOfProfile } from "./profile-colors.js";

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

/** Whether bytes begin as an AVIF or HEIC file does. */
export function isHeif(bytes: Uint8Array): boolean {
  return /^[^]{4}ftyp(avi[fs]|hei[cmsx]|hev[cx]|mif1|msf1)/.test(latin1(bytes, 0, 12));
}

/**
 * Reads what an AVIF or HEIC file says of its photo's colours (ISO/IEC 23008-12, 6.5.5): the profile, or code points, which are put
 * into one. An AVIF file without either may tell them within its AV1 stream.
 *
 * @param isGray - whether the picture has one colour channel
 * @param notes - told what was left out
 * @throws {@link LimpidError} `UnsupportedImage` for PQ and HLG
 */
export function readHeifColor(bytes: Uint8Array, isGray: boolean, notes: string[]): ColorDescription {
  const photo = readPhoto(bytes);
  const colors = photo.properties.filter(({ type }) => type === "colr").map(({ data }) => data);
  const profiles = colors.filter((data) => /^(prof|rICC)$/.test(latin1(data, 0, 4)));
  const codePoints =
    codePointsOf(colors) ?? (profiles.length === 0 ? codePointsOfStream(photo, notes) : undefined);
  if (codePoints !== undefined) {
    const { primaries, transfer } = codePoints;
    const shown = videoCurves.includes(transfer) ? srgbCurve : transfer;
    const described = colorsOfCodePoints(primaries, shown, isGray, notes);
    if (profiles.length === 0) return described;
  }
  if (profiles.length === 0) return srgbColors;
  return colorsOfProfile(profiles[0]!.slice(4), [isGray ? "gray" : "rgb"], notes) ?? srgbColors;
}

function codePointsOf(colors: readonly Uint8Array[]): CodePoints | undefined {
  const data = colors.find((box) => latin1(box, 0, 4) === "nclx" && box.length >= 10);
  return data && { primaries: viewOf(data).getUint16(4), transfer: viewOf(data).getUint16(6) };
}

function codePointsOfStream({ configurations, streams }: Photo, notes: string[]): CodePoints | undefined {
  if (configurations.some(({ type }) => type === "hvcC")) {
    notes.push("colours that only the HEVC stream may tell were not read");
    return undefined;
  }
  const units = configurations.length === 0 ? [] : [configurations[0]!.data.subarray(4), ...streams];
  return units.map(readAv1Color).find((found) => found !== undefined);
}

/** What the file has of its photo. */
interface Photo {
  /** Its own; all of the file's if it cannot be told which are. */
  readonly properties: readonly Box[];
  /** Its decoder's configuration; for a grid those of its tiles. */
  readonly configurations: readonly Box[];
  /** Its data; for a grid that of all items, among which are its tiles. */
  readonly streams: readonly Uint8Array[];
}

function readPhoto(bytes: Uint8Array): Photo {
  const meta = boxesIn(bytes).find(({ type }) => type === "meta");
  const inMeta = meta === undefined ? [] : boxesIn(meta.data.subarray(4));
  const dataOf = (wanted: string): Uint8Array | undefined => inMeta.find(({ type }) => type === wanted)?.data;
  const inProperties = boxesIn(dataOf("iprp") ?? new Uint8Array());
  const all = inProperties.filter(({ type }) => type === "ipco").flatMap(({ data }) => boxesIn(data));
  const item = primaryItem(dataOf("pitm"));
  const associated = inProperties
    .filter(({ type }) => type === "ipma")
    .flatMap(({ data }) => associations(data, item) ?? [])
    .flatMap((index) => all[index - 1] ?? []);
  const properties = associated.length === 0 ? all : associated;
  const isConfiguration = ({ type }: Box): boolean => type === "av1C" || type === "hvcC";
  const isGrid = !properties.some(isConfiguration);
  const configurations = (isGrid ? all : properties).filter(isConfiguration);
  const streams = locations(dataOf("iloc"))
    .filter((location) => isGrid || location.item === item)
    .map(({ offset, length }) => bytes.subarray(offset, offset + length));
  return { properties, configurations, streams };
}

/** Where the first part of each item's data lies in the file (ISO/IEC 14496-12, 8.11.3). */
function locations(data: Uint8Array = new Uint8Array()): { item: number; offset: number; length: number }[] {
  const [version = 0, , , , sizes = 0, moreSizes = 0] = data;
  let at = 6;
  const read = (size: number): number => {
    let value = 0;
    for (let end = at + size; at < end; at++) value = value * 256 + (data[at] ?? 0);
    return value;
  };
  const found = [];
  for (let left = read(version < 2 ? 2 : 4); left > 0 && at < data.length; left--) {
    const item = read(version < 2 ? 2 : 4);
    const isInFile = version === 0 || (read(2) & 15) === 0;
    read(2);
    const base = read(moreSizes >> 4);
    const parts = read(2);
    const partSize = (version > 0 ? moreSizes & 15 : 0) + (sizes >> 4) + (sizes & 15);
    const end = at + parts * partSize;
    if (version > 0) read(moreSizes & 15);
    const offset = base + read(sizes >> 4);
    const length = read(sizes & 15);
    if (parts > 0 && isInFile) found.push({ item, offset, length });
    at = end;
  }
  return found;
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
    boxes.push({ type: latin1(bytes, at + 4, 4), data: bytes.subarray(at + head, at + length) });
    at += length;
  }
  return boxes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
