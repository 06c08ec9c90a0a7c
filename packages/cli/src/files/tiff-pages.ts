import { exifBytes, exifNumber, parseExif, type Exif } from "./exif.js";

/** A picture in a TIFF file. */
interface TiffPicture {
  readonly width: number;
  readonly height: number;
  /** Whether it says that it is a smaller version of another (NewSubfileType, bit 0). */
  readonly isReduced: boolean;
  /** Whether its samples are a sensor's, which a raw developer makes colours of. */
  readonly isSensor: boolean;
}

/** A page: a picture in the file's own row of pictures. */
interface TiffPage extends TiffPicture {
  /** Where its directory begins. */
  readonly directory: number;
  /** Pictures that hang below it, as the full picture of a raw file below its preview. */
  readonly below: readonly TiffPicture[];
}

/** Which of a TIFF file's pages is the photo. */
export interface TiffPhoto {
  /** Its number among the pages, from 0. */
  readonly page: number;
  /** Where its directory begins. */
  readonly directory: number;
  /** How many pages are photos of their own, and not the same one smaller. */
  readonly photos: number;
  /** Whether this is a camera's raw file, whose photo is not among the pages. */
  readonly isRaw: boolean;
}

/** More pages than a scanner's tray holds. */
const mostPages = 10_000;
/** Values of PhotometricInterpretation: a colour filter array, and linear raw (TIFF/EP, DNG). */
const sensorKinds = [32803, 34892];
const dngVersion = 50706;

/**
 * Finds the photo among the pages of a TIFF file. Cameras and editors put smaller versions of it first.
 *
 * @param bytes - the file
 * @returns undefined if this is no TIFF file, or one with 64-bit offsets
 */
export function findTiffPhoto(bytes: Buffer): TiffPhoto | undefined {
  const order = bytes.toString("latin1", 0, 2);
  if ((order !== "II" && order !== "MM") || bytes.length < 8) return undefined;
  const read32 = (at: number): number => (order === "II" ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const read16 = (at: number): number => (order === "II" ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  if (read16(2) !== 42) return undefined;
  const pages: TiffPage[] = [];
  // CR2 shows its preview in full size, and does not say of its sensor's samples that they are.
  let isRaw = bytes.toString("latin1", 8, 10) === "CR";
  const seen = new Set<number>();
  for (let at = read32(4); at !== 0 && pages.length < mostPages && !seen.has(at);) {
    seen.add(at);
    const tags = parseExif(bytes, at);
    const end = at + 2 + (at + 2 <= bytes.length ? read16(at) * 12 : 0);
    if (tags === undefined || end + 4 > bytes.length) break;
    const below = offsetsIn(exifBytes(tags, 330), read32Of(tags)).flatMap((offset) => {
      const child = parseExif(bytes, offset);
      return child === undefined ? [] : [pictureOf(child)];
    });
    pages.push({ ...pictureOf(tags), directory: at, below });
    isRaw ||= exifBytes(tags, dngVersion) !== undefined;
    at = read32(end);
  }
  if (pages.length === 0) return undefined;
  const photos = pages.filter((page) => !isSmallerVersion(page, pages));
  const photo = photos[0] ?? largest(pages);
  const all = pages.flatMap((page) => [page, ...page.below]);
  return {
    page: pages.indexOf(photo),
    directory: photo.directory,
    photos: Math.max(1, photos.length),
    isRaw:
      isRaw ||
      all.some(({ isSensor }) => isSensor) ||
      photo.below.some((picture) => area(picture) > area(photo)),
  };
}

function pictureOf(tags: Exif): TiffPicture {
  return {
    width: exifNumber(tags, 256) ?? 0,
    height: exifNumber(tags, 257) ?? 0,
    isReduced: ((exifNumber(tags, 254) ?? 0) & 1) === 1,
    isSensor: sensorKinds.includes(exifNumber(tags, 262) ?? 0),
  };
}

function area({ width, height }: TiffPicture): number {
  return width * height;
}

function largest(pages: readonly TiffPage[]): TiffPage {
  return pages.reduce((best, page) => (area(page) > area(best) ? page : best));
}

/** Whether a page says that it is one, or a later one has its shape at twice its size at least. */
function isSmallerVersion(page: TiffPage, pages: readonly TiffPage[]): boolean {
  if (page.isReduced) return true;
  const shape = page.width / page.height;
  return pages
    .slice(pages.indexOf(page) + 1)
    .some(
      ({ width, height }) =>
        width >= page.width * 2 && Math.abs(width / height / shape - 1) < 1 / page.height,
    );
}

function read32Of({ isLittle }: Exif): (view: DataView, at: number) => number {
  return (view, at) => view.getUint32(at, isLittle);
}

function offsetsIn(value: Uint8Array | undefined, read: (view: DataView, at: number) => number): number[] {
  if (value === undefined) return [];
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  return Array.from({ length: Math.min(64, Math.floor(value.length / 4)) }, (_, index) =>
    read(view, index * 4),
  );
}
