import type { Metadata } from "sharp";
import { readJpegSegments } from "limpid/network";
import {
  describeUpright,
  exifBytes,
  exifNumber,
  hasMakerNote,
  isEmpty,
  parseExif,
  serializeExif,
  withoutGps,
  withoutMakerNote,
  type Exif,
} from "./exif.js";
import { iptcOfResources, withoutIptcLocation } from "./iptc.js";
import { listPngChunks, readTextChunk, textChunk, type PngChunk } from "./png-chunks.js";
import { describeUprightXmp, withoutXmpLocation } from "./xmp.js";

/** How many pixels lie on a length. */
export interface Density {
  /** Across. */
  readonly x: number;
  /** Down. */
  readonly y: number;
  /** The length; `"none"` if only the shape of a pixel is told. */
  readonly unit: "inch" | "centimetre" | "metre" | "none";
}

/** What an image file says besides its pixels and their colours, for the upright picture. */
export interface ImageMetadata {
  /** EXIF: date, camera, place, author and so on, as a block without `Exif\0\0`. Its orientation is 1, it has no thumbnail. */
  readonly exif?: Uint8Array | undefined;
  /** The XMP packet. */
  readonly xmp?: string | undefined;
  /** IPTC datasets (IIM). */
  readonly iptc?: Uint8Array | undefined;
  /** The text chunks of a PNG file; a JPEG file's comments as such. */
  readonly text?: readonly PngChunk[] | undefined;
  /** The density of the pixels, if the file tells one. */
  readonly density?: Density | undefined;
}

/** What is read besides the metadata of sharp. */
interface FileParts {
  readonly bytes: Buffer;
  readonly metadata: Metadata;
  /** Where the directory of the page that is read begins, in a TIFF file. */
  readonly directory?: number | undefined;
}

/** The upright picture. */
interface Picture {
  readonly width: number;
  readonly height: number;
  readonly isTransposed: boolean;
}

/** What a file says, before anything is changed. */
interface StoredMetadata {
  readonly exif?: Uint8Array | undefined;
  /** Where the directory begins in `exif`, if it is a TIFF file. */
  readonly directory?: number | undefined;
  readonly xmp?: Uint8Array | undefined;
  readonly iptc?: Uint8Array | undefined;
  readonly text?: readonly PngChunk[];
  readonly density?: Density | undefined;
}

/**
 * Reads what a file says besides its pixels. No library keeps all of it: libvips drops the cameras' notes and what it does not
 * know, and writes no EXIF into TIFF files.
 *
 * @param file - its bytes, and what sharp says of it
 * @param picture - the upright picture
 * @param notes - told what could not be read
 */
export function readImageMetadata(file: FileParts, picture: Picture, notes: string[]): ImageMetadata {
  const stored = readStored(file, notes);
  const { isTransposed } = picture;
  const density = stored.density ?? densityOfTags(stored.exif && parseExif(stored.exif, stored.directory));
  const exif = readExif(stored, picture, notes);
  return {
    exif,
    xmp: stored.xmp && readXmp(stored.xmp, notes),
    iptc: stored.iptc && iptcOfStored(stored.iptc),
    text: stored.text,
    density: density && isTransposed ? { ...density, x: density.y, y: density.x } : density,
  };
}

function readExif(
  { exif, directory }: StoredMetadata,
  picture: Picture,
  notes: string[],
): Uint8Array | undefined {
  if (exif === undefined) return undefined;
  let parsed = parseExif(exif, directory);
  if (parsed === undefined) {
    notes.push("damaged EXIF left out");
    return undefined;
  }
  if (directory !== undefined && hasMakerNote(parsed)) {
    notes.push("the camera's own note in EXIF left out, since it cannot be moved");
    parsed = withoutMakerNote(parsed);
  }
  const upright = describeUpright(parsed, picture);
  return isEmpty(upright) ? undefined : serializeExif(upright);
}

function readXmp(bytes: Uint8Array, notes: string[]): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\0+$/, "");
    if (text.includes("<rdf:RDF") && !text.includes("\0")) return describeUprightXmp(text);
  } catch {
    // Not UTF-8: told below.
  }
  notes.push("XMP that is damaged or not in UTF-8 left out");
  return undefined;
}

/** Datasets, taken out of Photoshop's resources if they are in them. */
function iptcOfStored(bytes: Uint8Array): Uint8Array | undefined {
  return bytes[0] === 0x1c ? bytes : iptcOfResources(bytes);
}

function readStored({ bytes, metadata, directory }: FileParts, notes: string[]): StoredMetadata {
  const { exif, xmp, iptc } = metadata;
  switch (metadata.format) {
    case "jpeg":
      return { exif, xmp, iptc, ...readJpeg(bytes, notes) };
    case "png":
      return readPng(bytes, { exif, xmp });
    case "tiff":
      if (directory !== undefined) return readTiff(bytes, directory);
      notes.push("EXIF and density left out: those of TIFF files with 64-bit offsets are not read");
      return { xmp, iptc };
    default:
      return { exif, xmp };
  }
}

/** JFIF's density and the comments (ITU-T T.871, 10.1). */
function readJpeg(bytes: Buffer, notes: string[]): StoredMetadata {
  const text: PngChunk[] = [];
  const resources: Uint8Array[] = [];
  let density: Density | undefined;
  for (const { marker, data } of readJpegSegments(bytes)) {
    const name = Buffer.from(data.buffer, data.byteOffset, Math.min(data.length, 36)).toString("latin1");
    if (marker === 0xe0 && name.startsWith("JFIF\0") && data.length >= 12) {
      const unit = (["none", "inch", "centimetre"] as const)[data[7]!] ?? "none";
      density = densityOf((data[8]! << 8) | data[9]!, (data[10]! << 8) | data[11]!, unit);
    } else if (marker === 0xfe) {
      text.push(textChunk("Comment", decodeComment(data).replace(/\0+$/, "")));
    } else if (marker === 0xed && name.startsWith(photoshop)) {
      resources.push(data.subarray(photoshop.length));
    } else if (marker === 0xe1 && name.startsWith("http://ns.adobe.com/xmp/extension/")) {
      if (!notes.includes(extendedXmpNote)) notes.push(extendedXmpNote);
    }
  }
  // One series of resources may be spread over several segments.
  const iptc = iptcOfResources(Buffer.concat(resources));
  return { text, density, ...(iptc && { iptc }) };
}

const photoshop = "Photoshop 3.0\0";

/** UTF-8 as programs write it today, or one byte a letter. */
function decodeComment(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString("latin1");
  }
}

const extendedXmpNote = "XMP beyond its first 64 kB left out";

/** What stands behind the pixels, where ExifTool writes it, counts too; decoders do not read so far. */
function readPng(bytes: Buffer, decoded: Pick<StoredMetadata, "exif" | "xmp">): StoredMetadata {
  const text: PngChunk[] = [];
  let { exif } = decoded;
  let packet: string | undefined;
  let density: Density | undefined;
  const raw = new Map<string, Uint8Array>();
  for (const chunk of listPngChunks(bytes)) {
    const { type, data } = chunk;
    if (type === "pHYs" && data.length >= 9) {
      const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
      density = densityOf(view.getUint32(0), view.getUint32(4), data[8] === 1 ? "metre" : "none");
    } else if (type === "eXIf") {
      exif ??= data;
    } else if (type === "tEXt" || type === "zTXt" || type === "iTXt") {
      const keyword = Buffer.from(data.subarray(0, 80)).toString("latin1").split("\0")[0]!;
      const [, profile] = /^Raw profile type (\S+)$/.exec(keyword) ?? [];
      if (profile !== undefined) {
        const content = readRawProfile(readTextChunk(chunk)?.text);
        if (content !== undefined) raw.set(profile.toLowerCase(), content);
      } else if (keyword === "XML:com.adobe.xmp") {
        packet ??= readTextChunk(chunk)?.text;
      } else {
        text.push(chunk);
      }
    }
  }
  const app1 = raw.get("app1");
  exif ??=
    raw.get("exif") ??
    (app1 && Buffer.from(app1.subarray(0, 4)).toString("latin1") === "Exif" ? app1 : undefined);
  const xmp = decoded.xmp ?? (packet === undefined ? raw.get("xmp") : Buffer.from(packet));
  const iptc = raw.get("iptc") ?? raw.get("8bim");
  return { text, density, iptc, exif, xmp };
}

/** A block as ImageMagick and ExifTool write it into text: its name, its length, and hexadecimal digits. */
function readRawProfile(text: string | undefined): Uint8Array | undefined {
  const [, length, ...digits] = (text ?? "").trimStart().split("\n");
  const bytes = Buffer.from(digits.join(""), "hex");
  return bytes.length > 0 && bytes.length === Number(length) ? bytes : undefined;
}

function readTiff(bytes: Buffer, directory: number): StoredMetadata {
  const tags = parseExif(bytes, directory);
  if (tags === undefined) return {};
  const resources = exifBytes(tags, 34377);
  const iptc = exifBytes(tags, 33723) ?? (resources && iptcOfResources(resources));
  return { exif: bytes, directory, xmp: exifBytes(tags, 700), iptc };
}

/** The density that EXIF and TIFF files tell. */
function densityOfTags(tags: Exif | undefined): Density | undefined {
  if (tags === undefined) return undefined;
  const unit = (["none", "none", "inch", "centimetre"] as const)[exifNumber(tags, 0x0128) ?? 2] ?? "none";
  return densityOf(exifNumber(tags, 0x011a) ?? 0, exifNumber(tags, 0x011b) ?? 0, unit);
}

function densityOf(x: number, y: number, unit: Density["unit"]): Density | undefined {
  if (!(x > 0 && y > 0 && Number.isFinite(x) && Number.isFinite(y))) return undefined;
  return unit === "none" && x === y ? undefined : { x, y, unit };
}

/**
 * Metadata without what tells where a photo was taken, in EXIF, XMP, IPTC and PNG text.
 *
 * @param metadata - is not changed
 */
export function withoutLocation(metadata: ImageMetadata): ImageMetadata {
  const exif = metadata.exif && parseExif(metadata.exif);
  return {
    ...metadata,
    exif: exif && serializeExif(withoutGps(exif)),
    xmp: metadata.xmp && withoutXmpLocation(metadata.xmp),
    iptc: metadata.iptc && withoutIptcLocation(metadata.iptc),
    text: metadata.text?.filter(
      (chunk) => !/gps|latitude|longitude|location|coordinate/i.test(readTextChunk(chunk)?.keyword ?? "gps"),
    ),
  };
}
