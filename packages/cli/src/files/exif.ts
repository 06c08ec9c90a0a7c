import { latin1 } from "../../../../src/sdk/base/index.js";

/** One tag of EXIF, with its value as it stands, in the byte order of its block. */
interface ExifEntry {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly value: Uint8Array;
}

/** A directory of tags, and the directories that it points to. */
interface ExifDirectory {
  readonly entries: readonly ExifEntry[];
  /** By the tag that points to them. */
  readonly children: ReadonlyMap<number, ExifDirectory>;
}

/** EXIF as it stands in JPEG, PNG and WebP: the structure of a TIFF file without pixels (Exif 3.0, 4.5). */
export interface Exif {
  /** Whether numbers are little-endian. */
  readonly isLittle: boolean;
  /** The first directory; the second, which describes a thumbnail, is left out. */
  readonly image: ExifDirectory;
  /** Where the camera's own note began: it may point into itself by offsets from the block's start, so it stays there. */
  readonly makerNoteStart: number | undefined;
}

/** Bytes of a value of each type. */
const typeSizes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];
const unsignedShort = 3;
const unsignedLong = 4;

const orientationTag = 0x0112;
const exifPointer = 0x8769;
const gpsPointer = 0x8825;
const interoperabilityPointer = 0xa005;
const makerNote = 0x927c;
const pixelSizes = [0xa002, 0xa003] as const;
const densities = [0x011a, 0x011b] as const;
const densityUnit = 0x0128;

/** The tags that point to directories, by the tag of the directory that they are in; 0 is the first. */
const pointers: Readonly<Record<number, readonly number[]>> = {
  0: [exifPointer, gpsPointer],
  [exifPointer]: [interoperabilityPointer],
};

/** What says how a TIFF file stores its pixels, and what is read on its own: thumbnails, XMP, IPTC, Photoshop's resources, ICC. */
const structure: ReadonlySet<number> = new Set([
  ...[254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 277, 278, 279, 280, 281, 284, 288, 289],
  ...[292, 293, 301, 317, 318, 319, 320, 322, 323, 324, 325, 330, 332, 338, 339, 340, 341, 347],
  ...[512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532],
  ...[700, 33723, 34377, 34675, 37724, 0xea1c],
]);

/** More tags than any camera writes. */
const mostEntries = 4096;

/**
 * Reads EXIF. Tags that are damaged are left out.
 *
 * @param bytes - the block, with or without `Exif\0\0` before it; or a TIFF file
 * @param start - where the first directory is; what the header says if left out
 * @returns undefined if this is none
 */
export function parseExif(bytes: Uint8Array, start?: number): Exif | undefined {
  const block = latin1(bytes, 0, 4) === "Exif" ? bytes.subarray(6) : bytes;
  const order = latin1(block, 0, 2);
  if (block.length < 14 || (order !== "II" && order !== "MM")) return undefined;
  const isLittle = order === "II";
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  if (view.getUint16(2, isLittle) !== 42) return undefined;
  let makerNoteStart: number | undefined;
  const read = (offset: number, kind: number): ExifDirectory | undefined => {
    if (offset < 8 || offset + 2 > block.length) return undefined;
    const count = view.getUint16(offset, isLittle);
    if (count > mostEntries) return undefined;
    const entries: ExifEntry[] = [];
    const children = new Map<number, ExifDirectory>();
    for (let at = offset + 2; at < offset + 2 + count * 12 && at + 12 <= block.length; at += 12) {
      const tag = view.getUint16(at, isLittle);
      const type = view.getUint16(at + 2, isLittle);
      const values = view.getUint32(at + 4, isLittle);
      const size = (typeSizes[type] ?? 0) * values;
      const from = size <= 4 ? at + 8 : view.getUint32(at + 8, isLittle);
      if (size === 0 || from + size > block.length) continue;
      if (pointers[kind]?.includes(tag) === true) {
        const child = read(view.getUint32(at + 8, isLittle), tag);
        if (child !== undefined) children.set(tag, child);
        continue;
      }
      if (tag === makerNote && size > 4) makerNoteStart = from;
      entries.push({ tag, type, count: values, value: block.subarray(from, from + size) });
    }
    return { entries, children };
  };
  const image = read(start ?? view.getUint32(4, isLittle), 0);
  return image && { isLittle, image, makerNoteStart };
}

/** What {@link describeUpright} needs of the picture. */
interface UprightPicture {
  readonly width: number;
  readonly height: number;
  /** Whether its width was its height in the file. */
  readonly isTransposed: boolean;
}

/**
 * EXIF for a picture that was turned upright: its orientation is 1, its size is the picture's, and what says how a TIFF file stores
 * its pixels is left out.
 */
export function describeUpright(exif: Exif, { width, height, isTransposed }: UprightPicture): Exif {
  const sizes = new Map<number, number>([
    [pixelSizes[0], width],
    [pixelSizes[1], height],
  ]);
  const exchanged = new Map<number, number>(
    isTransposed
      ? [
          [densities[0], densities[1]],
          [densities[1], densities[0]],
        ]
      : [],
  );
  return mapEntries(exif, (entry, kind) => {
    const { tag } = entry;
    if (kind === 0 && structure.has(tag)) return undefined;
    if (kind === 0 && tag === orientationTag) return number(exif, tag, unsignedShort, 1);
    const size = kind === exifPointer ? sizes.get(tag) : undefined;
    if (size !== undefined) return number(exif, tag, unsignedLong, size);
    const other = kind === 0 ? exchanged.get(tag) : undefined;
    return other === undefined ? entry : { ...entry, tag: other };
  });
}

/** EXIF without what says where a photo was taken. */
export function withoutGps({ image, ...rest }: Exif): Exif {
  const children = new Map([...image.children].filter(([tag]) => tag !== gpsPointer));
  return { ...rest, image: { ...image, children } };
}

/** Whether there is a camera's own note. */
export function hasMakerNote({ image }: Exif): boolean {
  return findMakerNote(image) !== undefined;
}

/** Whether EXIF says nothing but orientation and density, which are told elsewhere. */
export function isEmpty({ image: { entries, children } }: Exif): boolean {
  return children.size === 0 && entries.every(({ tag }) => tag === orientationTag || isDensity(tag));
}

/** EXIF without the camera's own note, for where it would have to move. */
export function withoutMakerNote(exif: Exif): Exif {
  return mapEntries(exif, (entry) => (entry.tag === makerNote ? undefined : entry));
}

/** How many pixels lie on a length, as TIFF tells it. */
export interface Resolution {
  readonly x: number;
  readonly y: number;
  /** No length, inch, or centimetre. */
  readonly unit: 1 | 2 | 3;
}

/**
 * EXIF with another density.
 *
 * @param bytes - a block; one is made if undefined
 * @param resolution - the density
 */
export function withDensity(bytes: Uint8Array | undefined, resolution: Resolution): Uint8Array {
  const empty: Exif = {
    isLittle: true,
    image: { entries: [], children: new Map() },
    makerNoteStart: undefined,
  };
  const exif = (bytes && parseExif(bytes)) ?? empty;
  const kept = exif.image.entries.filter(({ tag }) => !isDensity(tag));
  const entries = [...kept, ...densityEntries(resolution, exif.isLittle)];
  return serializeExif({ ...exif, image: { ...exif.image, entries } });
}

function densityEntries({ x, y, unit }: Resolution, isLittle: boolean): readonly ExifEntry[] {
  const rational = (value: number): Uint8Array => {
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    const scale = Number.isInteger(value) ? 1 : 10_000;
    view.setUint32(0, Math.round(value * scale), isLittle);
    view.setUint32(4, scale, isLittle);
    return bytes;
  };
  const length = Uint8Array.of(unit, 0);
  return [
    { tag: densities[0], type: 5, count: 1, value: rational(x) },
    { tag: densities[1], type: 5, count: 1, value: rational(y) },
    { tag: densityUnit, type: unsignedShort, count: 1, value: isLittle ? length : length.reverse() },
  ];
}

/** Changes or leaves out entries. */
function mapEntries(exif: Exif, change: (entry: ExifEntry, kind: number) => ExifEntry | undefined): Exif {
  const map = ({ entries, children }: ExifDirectory, kind: number): ExifDirectory => ({
    entries: entries.flatMap((entry) => change(entry, kind) ?? []),
    children: new Map([...children].map(([tag, child]) => [tag, map(child, tag)])),
  });
  return { ...exif, image: map(exif.image, 0) };
}

/** An entry of one number. */
function number({ isLittle }: Exif, tag: number, type: 3 | 4, value: number): ExifEntry {
  const bytes = new Uint8Array(type === unsignedShort ? 2 : 4);
  const view = new DataView(bytes.buffer);
  if (type === unsignedShort) view.setUint16(0, value, isLittle);
  else view.setUint32(0, value, isLittle);
  return { tag, type, count: 1, value: bytes };
}

/**
 * Writes EXIF as a block of its own. The camera's note stands where it stood.
 *
 * @returns without `Exif\0\0`
 */
export function serializeExif(exif: Exif): Uint8Array {
  const header = new Uint8Array(8);
  const view = new DataView(header.buffer);
  header.fill(exif.isLittle ? 0x49 : 0x4d, 0, 2);
  view.setUint16(2, 42, exif.isLittle);
  const { start, pieces } = layOut(exif, 8);
  view.setUint32(4, start, exif.isLittle);
  const length = Math.max(...pieces.map(({ offset, bytes }) => offset + bytes.length));
  const block = new Uint8Array(length);
  block.set(header);
  for (const { offset, bytes } of pieces) block.set(bytes, offset);
  return block;
}

/**
 * Adds EXIF to the first directory of a TIFF file, little-endian, at the file's end. The camera's note is left out, since it would
 * have to move.
 *
 * @param tiff - the file
 * @param exif - the tags; those of the file itself take precedence
 * @param own - more tags for it, as bytes: XMP, IPTC
 * @param density - in place of what the file says; none if undefined
 */
export function appendToTiff(
  tiff: Uint8Array,
  exif: Exif | undefined,
  own: ReadonlyMap<number, Uint8Array>,
  density: Resolution | undefined,
): Uint8Array {
  const file = readStructure(tiff);
  const added = exif === undefined ? undefined : toLittleEndian(withoutMakerNote(exif));
  const stated = density === undefined ? [] : densityEntries(density, true);
  const kept = file.filter(({ tag }) => !isDensity(tag) && !own.has(tag));
  const bytes = [...own].map(([tag, value]): ExifEntry => ({ tag, type: 7, count: value.length, value }));
  const taken = new Set([...kept, ...stated, ...bytes].map(({ tag }) => tag));
  const more = (added?.image.entries ?? []).filter(({ tag }) => !taken.has(tag) && !isDensity(tag));
  const image = {
    entries: [...kept, ...stated, ...bytes, ...more],
    children: added?.image.children ?? new Map(),
  };
  const { start, pieces } = layOut(
    { isLittle: true, image, makerNoteStart: undefined },
    tiff.length + (tiff.length & 1),
  );
  const whole = new Uint8Array(Math.max(...pieces.map(({ offset, bytes: part }) => offset + part.length)));
  whole.set(tiff);
  for (const piece of pieces) whole.set(piece.bytes, piece.offset);
  new DataView(whole.buffer).setUint32(4, start, true);
  return whole;
}

/** Every entry of the first directory of a little-endian TIFF file. */
function readStructure(tiff: Uint8Array): readonly ExifEntry[] {
  const exif = parseExif(tiff);
  if (exif?.isLittle !== true) throw new Error("the TIFF encoder wrote something else than it used to");
  return exif.image.entries;
}

function isDensity(tag: number): boolean {
  return tag === densities[0] || tag === densities[1] || tag === densityUnit;
}

/** Bytes in one number of a type; 1 for what has no byte order. */
function unitSize(type: number): number {
  if (type === 5 || type === 10) return 4;
  return type === 7 || type === 2 ? 1 : (typeSizes[type] ?? 1);
}

function toLittleEndian(exif: Exif): Exif {
  if (exif.isLittle) return exif;
  const swapped = mapEntries(exif, (entry) => {
    const size = unitSize(entry.type);
    if (size === 1) return entry;
    const value = entry.value.slice();
    for (let at = 0; at + size <= value.length; at += size) value.subarray(at, at + size).reverse();
    return { ...entry, value };
  });
  return { ...swapped, isLittle: true };
}

/** Bytes with their place in a file. */
interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Gives directories and values their places from an offset on, around the camera's note, whose place is fixed. */
function layOut(
  { isLittle, image, makerNoteStart = 0 }: Exif,
  from: number,
): { readonly start: number; readonly pieces: readonly Piece[] } {
  const pieces: Piece[] = [];
  const note = findMakerNote(image);
  const noteStart = note !== undefined && makerNoteStart >= from ? makerNoteStart : undefined;
  let before = from;
  let behind = noteStart === undefined ? from : noteStart + note!.length;
  behind += behind & 1;
  const place = (bytes: Uint8Array): number => {
    const size = bytes.length + (bytes.length & 1);
    let offset = behind;
    if (noteStart !== undefined && before + size <= noteStart) {
      offset = before;
      before += size;
    } else {
      behind += size;
    }
    pieces.push({ offset, bytes });
    return offset;
  };
  const write = ({ entries, children }: ExifDirectory): number => {
    const pointing = [...children].map(([tag, child]) => ({ tag, offset: write(child) }));
    const all = [
      ...entries.map((entry) => ({ ...entry, offset: undefined })),
      ...pointing.map(({ tag, offset }) => ({
        tag,
        type: unsignedLong,
        count: 1,
        value: new Uint8Array(),
        offset,
      })),
    ].sort((a, b) => a.tag - b.tag);
    const table = new Uint8Array(2 + all.length * 12 + 4);
    const view = new DataView(table.buffer);
    view.setUint16(0, all.length, isLittle);
    all.forEach(({ tag, type, count, value, offset }, index) => {
      const at = 2 + index * 12;
      view.setUint16(at, tag, isLittle);
      view.setUint16(at + 2, type, isLittle);
      view.setUint32(at + 4, count, isLittle);
      if (offset !== undefined) view.setUint32(at + 8, offset, isLittle);
      else if (value.length <= 4) table.set(value, at + 8);
      else if (value === note && noteStart !== undefined) {
        pieces.push({ offset: noteStart, bytes: value });
        view.setUint32(at + 8, noteStart, isLittle);
      } else view.setUint32(at + 8, place(value), isLittle);
    });
    return place(table);
  };
  return { start: write(image), pieces };
}

function findMakerNote({ children }: ExifDirectory): Uint8Array | undefined {
  const value = children.get(exifPointer)?.entries.find(({ tag }) => tag === makerNote)?.value;
  return value !== undefined && value.length > 4 ? value : undefined;
}

/** A number of the first directory; undefined if it has none by that tag. */
export function exifNumber(exif: Exif, tag: number): number | undefined {
  return exifNumbers(exif, tag)?.[0];
}

/** The numbers of a tag of the first directory; undefined if it has none, or is of a type that is not read. */
export function exifNumbers({ image, isLittle }: Exif, tag: number): readonly number[] | undefined {
  const entry = image.entries.find((candidate) => candidate.tag === tag);
  if (entry === undefined) return undefined;
  const { type, value } = entry;
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const readers: Readonly<Record<number, (at: number) => number>> = {
    1: (at) => view.getUint8(at),
    [unsignedShort]: (at) => view.getUint16(at, isLittle),
    [unsignedLong]: (at) => view.getUint32(at, isLittle),
    5: (at) => view.getUint32(at, isLittle) / view.getUint32(at + 4, isLittle),
    7: (at) => view.getUint8(at),
    13: (at) => view.getUint32(at, isLittle),
  };
  const read = readers[type];
  return read && Array.from({ length: entry.count }, (_, index) => read(index * typeSizes[type]!));
}

/** The bytes of a tag of the first directory; undefined if it has none. */
export function exifBytes({ image }: Exif, tag: number): Uint8Array | undefined {
  return image.entries.find((entry) => entry.tag === tag)?.value;
}
