import sharp, { type Metadata, type SharpOptions } from "sharp";
import {
  applyOrientation,
  type ChannelCount,
  type ExifOrientation,
  LimpidError,
  PixelImage,
  throwIfAborted,
} from "limpid";
import {
  colorsOfProfile,
  describeSecondPicture,
  readColorDescription,
  type ColorDescription,
} from "limpid/network";
import { readRegularFile } from "../read-regular-file.js";
import { messageOf } from "../../../../src/node/system-error.js";
import { parseExif } from "./exif.js";
import { spreadFloats } from "./float-samples.js";
import { hasImageSignature } from "./image-format.js";
import { readImageMetadata, type ImageMetadata } from "./image-metadata.js";
import { listPngChunks } from "./png-chunks.js";
import { readTiffColor } from "./tiff-color.js";
import { findTiffPhoto, type TiffPhoto } from "./tiff-pages.js";

/** Options of {@link readImageFile}. */
export interface ReadImageOptions {
  /** Most pixels that the image may have; 100 000 000 if left out. Checked before any pixel is decoded. */
  readonly maximumPixels?: number | undefined;
  /** Aborts between reading and decoding. */
  readonly signal?: AbortSignal | undefined;
}

/** An image that came from a file. */
export interface ImageFile {
  /** The upright image. */
  readonly image: PixelImage;
  /** What the file says besides, as it is to be said of the upright image: for {@link writeImageFile}. */
  readonly metadata: ImageMetadata;
  /** What was changed or left out on the way, each in a few words for a person; empty for most files. */
  readonly notes: readonly string[];
}

const defaultMaximumPixels = 100_000_000;

/** Formats of photographs, by the names that libvips gives them. Vector formats, which have no pixels, are left out. */
const readableFormats: readonly string[] = [
  "jpeg",
  "png",
  "webp",
  "gif",
  "tiff",
  "heif",
  "jp2",
  "jxl",
  "ppm",
];

/**
 * Reads an image file: JPEG, PNG, WebP, GIF, TIFF or AVIF, and HEIC where libvips was built with a decoder for it.
 *
 * The pixels are as they stand in the file: 16-bit samples stay 16-bit, grey stays grey, alpha stays straight with the
 * colour under transparent pixels, palettes are expanded, and no colour conversion takes place. The ICC profile is kept
 * byte for byte; colours that a file describes in other words get one. Exceptions, which `notes` tells of: CMYK becomes 8-bit
 * sRGB, animations and multi-page files give their first picture that is no smaller version of another, a damaged profile is
 * left out, the rows that a JPEG file lacks are grey. The EXIF orientation is applied, so the image is upright.
 *
 * @param path - the file
 * @param options - limit and abort signal
 * @returns the image, its metadata, and notes on what was changed
 * @throws {@link LimpidError} `FileUnreadable`; `EmptyFile`; `UnsupportedImage` if it is no image, or one of a kind that
 * cannot be read, such as a camera's raw file or an HDR picture; `CorruptImage` if it is cut short or damaged; `ImageTooLarge`;
 * `Aborted`
 *
 * @example
 * ```ts
 * const { image, notes } = await readImageFile("photo.jpg");
 * for (const note of notes) console.warn(note);
 * ```
 */
export async function readImageFile(path: string, options: ReadImageOptions = {}): Promise<ImageFile> {
  throwIfAborted(options.signal);
  return decodeImageFile(await readRegularFile(path), path, options);
}

/**
 * Reads the bytes of an image file, as {@link readImageFile} does.
 *
 * @param file - the whole file
 * @param path - what errors call it
 * @param options - limit and abort signal
 * @throws {@link LimpidError} as {@link readImageFile} does, but for `FileUnreadable`
 */
export async function decodeImageFile(
  file: Uint8Array,
  path: string,
  options: ReadImageOptions = {},
): Promise<ImageFile> {
  const { maximumPixels = defaultMaximumPixels, signal } = options;
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.length === 0) throw new LimpidError("EmptyFile", `${path}: is empty`, { details: { path } });
  const photo = findTiffPhoto(bytes);
  if (photo?.isRaw === true) {
    throw unsupported(path, "a camera's raw file cannot be read; develop it first", { format: "raw" });
  }
  const metadata = await readMetadata(path, bytes, photo);
  checkSize(path, metadata, maximumPixels);
  checkKind(path, metadata);
  throwIfAborted(signal);
  const notes: string[] = [];
  const color = await readColor(path, bytes, metadata, photo, notes);
  const samples = await decode(path, bytes, metadata, photo, notes);
  throwIfAborted(signal);
  notePictures(bytes, metadata, photo, notes);
  const orientation = orientationOf(metadata);
  const image = applyOrientation(new PixelImage({ ...samples, ...color }), orientation);
  const { width, height } = image;
  const upright = { width, height, isTransposed: orientation >= 5 };
  const said = readImageMetadata({ bytes, metadata, directory: photo?.directory }, upright, notes);
  return { image, metadata: said, notes };
}

/** The EXIF orientation; upright if the file tells none, or one that does not exist. */
function orientationOf({ orientation = 1 }: Metadata): ExifOrientation {
  return Number.isInteger(orientation) && orientation >= 1 && orientation <= 8
    ? (orientation as ExifOrientation)
    : 1;
}

/** Options of sharp for the picture that is read. */
function pictureOf(photo: TiffPhoto | undefined): { limitInputPixels: false; page?: number } {
  return { limitInputPixels: false, ...(photo && { page: photo.page }) };
}

async function readMetadata(path: string, bytes: Buffer, photo: TiffPhoto | undefined): Promise<Metadata> {
  try {
    return await sharp(bytes, pictureOf(photo)).metadata();
  } catch (cause) {
    if (hasImageSignature(bytes))
      throw isUnsupported(cause) ? ofUnknownKind(path, cause) : corrupt(path, cause);
    throw unsupported(path, "is not an image that can be read", {}, cause);
  }
}

function unsupported(path: string, reason: string, details: object, cause?: unknown): LimpidError {
  return new LimpidError("UnsupportedImage", `${path}: ${reason}`, { cause, details: { path, ...details } });
}

/** Whether the decoder says that a file is of a kind that it does not know, rather than damaged. */
function isUnsupported(cause: unknown): boolean {
  return /unsupported (?!image format)|not supported|lossless parameters|whole number of bytes/i.test(
    messageOf(cause),
  );
}

function ofUnknownKind(path: string, cause: unknown): LimpidError {
  return unsupported(path, `is of a kind that cannot be read (${describeDecoderError(cause)})`, {}, cause);
}

function corrupt(path: string, cause: unknown): LimpidError {
  return new LimpidError(
    "CorruptImage",
    `${path}: is cut short or damaged (${describeDecoderError(cause)})`,
    {
      cause,
      details: { path },
    },
  );
}

/** The decoder's first line, without its own preamble. */
function describeDecoderError(error: unknown): string {
  const line =
    messageOf(error)
      .split("\n")
      .find((text) => text.trim() !== "") ?? "";
  return line.replace(/^Input (buffer|file) has corrupt header:\s*/, "").trim() || "corrupt header";
}

function checkSize(path: string, { width, height }: Metadata, maximumPixels: number): void {
  if (width * height > maximumPixels) {
    throw new LimpidError(
      "ImageTooLarge",
      `${path}: ${width} x ${height} is ${(width * height) / 1e6} megapixels, more than the limit of ` +
        `${maximumPixels / 1e6}`,
      { details: { path, width, height, maximumPixels } },
    );
  }
}

function checkKind(path: string, metadata: Metadata): void {
  const { format, depth, space, channels } = metadata;
  const refuse = (what: string): never => {
    throw unsupported(path, `${what} cannot be read`, { format, depth, space, channels });
  };
  if (!readableFormats.includes(format)) refuse(`${format.toUpperCase()} files`);
  if (!["uchar", "ushort", "float"].includes(depth)) refuse(`images with samples of type "${depth}"`);
  // libvips takes them for integers, and gives black.
  if (depth === "float" && space === "grey16") refuse("grey pictures of 16-bit floats");
  const colors = { "b-w": 1, grey16: 1, srgb: 3, rgb: 3, rgb16: 3, scrgb: 3, cmyk: 4 }[space as string];
  if (colors === undefined) refuse(`images of colour space "${space}"`);
  else if (channels !== colors && channels !== colors + 1)
    refuse(`"${space}" images with ${channels} channels`);
}

function isCmyk({ space }: Metadata): boolean {
  return space === "cmyk";
}

function isGray({ channels }: Metadata): boolean {
  return channels < 3;
}

async function readColor(
  path: string,
  bytes: Buffer,
  metadata: Metadata,
  photo: TiffPhoto | undefined,
  notes: string[],
): Promise<ColorDescription> {
  const none = { iccProfile: undefined, colorSpace: "srgb" } as const;
  if (isCmyk(metadata)) return none;
  try {
    const described = await readColorDescription(bytes, isGray(metadata), notes);
    if (described !== undefined) return described;
  } catch (error) {
    throw LimpidError.is(error)
      ? new LimpidError(error.code, `${path}: ${error.message}`, { cause: error })
      : error;
  }
  if (metadata.icc === undefined) {
    const tags = photo && parseExif(bytes, photo.directory);
    return tags === undefined ? none : readTiffColor(tags, isGray(metadata), notes);
  }
  // Grey pictures may have a profile of colours, whose curve is theirs.
  const models = isGray(metadata) ? (["gray", "rgb"] as const) : (["rgb"] as const);
  return colorsOfProfile(new Uint8Array(metadata.icc), models, notes) ?? none;
}

/** Says which pictures of the file were not read. */
function notePictures(
  bytes: Buffer,
  metadata: Metadata,
  photo: TiffPhoto | undefined,
  notes: string[],
): void {
  const { format, pages = 1 } = metadata;
  const isAnimation = format === "gif" || format === "webp";
  const count = photo?.photos ?? pages;
  if (format === "png" && listPngChunks(bytes).some(({ type }) => type === "acTL")) {
    notes.push("animated: only the first frame was read");
  } else if (count > 1) {
    notes.push(
      isAnimation
        ? `animated: only the first of ${count} frames was read`
        : `only the first of ${count} pages was read`,
    );
  }
  const second = format === "jpeg" ? describeSecondPicture(bytes) : undefined;
  if (second !== undefined) notes.push(second);
}

interface Samples {
  width: number;
  height: number;
  channels: ChannelCount;
  data: Uint8Array | Uint16Array | Float32Array;
}

async function decode(
  path: string,
  bytes: Buffer,
  metadata: Metadata,
  photo: TiffPhoto | undefined,
  notes: string[],
): Promise<Samples> {
  if (isCmyk(metadata)) notes.push("CMYK, converted to 8-bit sRGB");
  if (metadata.depth === "float") return decodeFloats(path, bytes, metadata, photo, notes);
  const options = pictureOf(photo);
  try {
    return await decodeStrictly(bytes, metadata, { ...options, failOn: "warning" });
  } catch (warning) {
    // Warnings alone (a stray marker, say) leave a whole image behind, which the stricter setting refuses.
    try {
      const samples = await decodeStrictly(bytes, metadata, { ...options, failOn: "error" });
      notes.push(`damaged (${describeDecoderError(warning)}), read as far as possible`);
      return samples;
    } catch (cause) {
      if (metadata.compression === "hevc") {
        throw unsupported(
          path,
          "HEIC photos need a libvips with a decoder for HEVC, which this one lacks",
          {},
          cause,
        );
      }
      const samples =
        metadata.format === "jpeg" ? await decodeWhatIsThere(bytes, metadata, cause, notes) : undefined;
      if (samples !== undefined) return samples;
      throw isUnsupported(cause) ? ofUnknownKind(path, cause) : corrupt(path, cause);
    }
  }
}

/** The rows that a JPEG file has, and grey for those that it lacks, as browsers show it; undefined if it has none. */
async function decodeWhatIsThere(
  bytes: Buffer,
  metadata: Metadata,
  cause: unknown,
  notes: string[],
): Promise<Samples | undefined> {
  const samples = await decodeStrictly(bytes, metadata, { limitInputPixels: false, failOn: "none" }).catch(
    () => undefined,
  );
  if (samples === undefined) return undefined;
  const { data, height } = samples;
  const rowLength = data.length / height;
  let last = data.length - 1;
  while (last >= 0 && Math.abs(data[last]! - 128) <= 1) last--;
  const rows = Math.ceil((last + 1) / rowLength);
  if (rows === 0) return undefined;
  const reason = describeDecoderError(cause);
  const what = reason.includes("premature end") ? "cut short" : `damaged (${reason})`;
  notes.push(
    rows === height
      ? `${what}: read as far as possible, no row is missing`
      : `${what}: the last ${height - rows} of ${height} rows are missing and grey`,
  );
  return samples;
}

async function decodeFloats(
  path: string,
  bytes: Buffer,
  metadata: Metadata,
  photo: TiffPhoto | undefined,
  notes: string[],
): Promise<Samples> {
  const gray = isGray(metadata);
  const file = sharp(bytes, { ...pictureOf(photo), failOn: "error", ignoreIcc: true });
  // Left alone, libvips would give colours sRGB's curve, and 0 to 255.
  const { data, info } = await (gray ? file : file.toColourspace("scrgb"))
    .raw({ depth: "float" })
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw corrupt(path, cause);
    });
  const aligned = data.byteOffset % 4 === 0 ? data : new Uint8Array(data);
  const all = new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
  const { channels } = metadata;
  const samples = gray ? keepGrayAndAlpha(all, info.channels, channels) : all;
  const isDescribed = metadata.icc !== undefined;
  const colors = gray ? 1 : 3;
  const note = spreadFloats(samples, (index) => !isDescribed && index % channels < colors);
  if (note === undefined) {
    throw unsupported(path, "floats that are no shares of 1, 255 or 65535 cannot be read", {});
  }
  notes.push(note);
  const { width, height } = info;
  return { width, height, channels, data: samples };
}

async function decodeStrictly(bytes: Buffer, metadata: Metadata, options: SharpOptions): Promise<Samples> {
  const convert = isCmyk(metadata);
  const isDeep = metadata.depth === "ushort" && !convert;
  const gray = isGray(metadata);
  // libvips would keep only the grey channel of "b-w" with alpha, so that goes through RGB.
  const space = isDeep ? (gray ? "grey16" : "rgb16") : gray && metadata.channels === 1 ? "b-w" : "srgb";
  const { data, info } = await sharp(bytes, { ...options, ignoreIcc: !convert })
    .toColourspace(space)
    .raw({ depth: isDeep ? "ushort" : "uchar" })
    .toBuffer({ resolveWithObject: true });
  const samples = isDeep ? asUint16(data) : new Uint8Array(data.buffer, data.byteOffset, data.length);
  const { width, height } = info;
  if (gray && info.channels > 2) {
    return { width, height, channels: 2, data: keepGrayAndAlpha(samples, info.channels, 2) };
  }
  return { width, height, channels: info.channels, data: samples };
}

function asUint16(data: Buffer): Uint16Array {
  const aligned = data.byteOffset % 2 === 0 ? data : new Uint8Array(data);
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2);
}

/** The grey of RGB that was made of grey, and its alpha if two channels are to be kept. */
function keepGrayAndAlpha<Array extends Uint8Array | Uint16Array | Float32Array>(
  samples: Array,
  channels: number,
  kept: number,
): Array {
  const count = samples.length / channels;
  for (let pixel = 0; pixel < count; pixel++) {
    samples[pixel * kept] = samples[pixel * channels]!;
    if (kept === 2) samples[pixel * 2 + 1] = samples[pixel * channels + channels - 1]!;
  }
  return samples.slice(0, count * kept) as Array;
}
