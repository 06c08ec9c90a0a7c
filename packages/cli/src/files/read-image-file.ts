import fs from "node:fs/promises";
import sharp, { type Metadata } from "sharp";
import {
  applyOrientation,
  type ChannelCount,
  type ColorSpace,
  type ExifOrientation,
  LimpidError,
  PixelImage,
  throwIfAborted,
} from "limpid";
import { colorModelOfProfile, colorSpaceOfProfile } from "limpid/network";
import { describeSystemError, messageOf, systemErrorCode } from "../../../../src/node/system-error.js";
import { hasImageSignature } from "./image-format.js";
import { listPngChunks } from "./png-chunks.js";

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
 * Reads an image file: JPEG, PNG, WebP, GIF, TIFF or AVIF.
 *
 * The pixels are as they stand in the file: 16-bit samples stay 16-bit, grey stays grey, alpha stays straight with the
 * colour under transparent pixels, palettes are expanded, and no colour conversion takes place. The ICC profile is kept
 * byte for byte. Exceptions, which `notes` tells of: CMYK becomes 8-bit sRGB, animations and multi-page files give their
 * first frame, a damaged profile is left out. The EXIF orientation is applied, so the image is upright.
 *
 * @param path - the file
 * @param options - limit and abort signal
 * @returns the image, and notes on what was changed
 * @throws {@link LimpidError} `FileUnreadable`; `EmptyFile`; `UnsupportedImage` if it is no image, or one of a kind that
 * cannot be read; `CorruptImage` if it is cut short or damaged; `ImageTooLarge`; `Aborted`
 *
 * @example
 * ```ts
 * const { image, notes } = await readImageFile("photo.jpg");
 * for (const note of notes) console.warn(note);
 * ```
 */
export async function readImageFile(path: string, options: ReadImageOptions = {}): Promise<ImageFile> {
  const { maximumPixels = defaultMaximumPixels, signal } = options;
  throwIfAborted(signal);
  const bytes = await readBytes(path);
  const metadata = await readMetadata(path, bytes);
  checkSize(path, metadata, maximumPixels);
  checkKind(path, metadata);
  throwIfAborted(signal);
  const notes: string[] = [];
  const { profile, colorSpace } = readProfile(bytes, metadata, notes);
  const samples = await decode(path, bytes, metadata, notes);
  throwIfAborted(signal);
  noteFrames(bytes, metadata, notes);
  const stored = new PixelImage({ ...samples, colorSpace, iccProfile: profile });
  return { image: applyOrientation(stored, orientationOf(metadata)), notes };
}

/** The EXIF orientation; upright if the file tells none, or one that does not exist. */
function orientationOf({ orientation = 1 }: Metadata): ExifOrientation {
  return Number.isInteger(orientation) && orientation >= 1 && orientation <= 8
    ? (orientation as ExifOrientation)
    : 1;
}

async function readBytes(path: string): Promise<Buffer> {
  let bytes: Buffer;
  try {
    const handle = await fs.open(path, "r");
    try {
      if (!(await handle.stat()).isFile()) {
        throw new LimpidError("FileUnreadable", `${path}: cannot be read: it is not a file`, {
          details: { path },
        });
      }
      bytes = await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (LimpidError.is(cause)) throw cause;
    throw new LimpidError("FileUnreadable", `${path}: cannot be read: ${describeSystemError(cause)}`, {
      cause,
      details: { path, reason: systemErrorCode(cause) },
    });
  }
  if (bytes.length === 0) throw new LimpidError("EmptyFile", `${path}: is empty`, { details: { path } });
  return bytes;
}

async function readMetadata(path: string, bytes: Buffer): Promise<Metadata> {
  try {
    return await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (cause) {
    if (hasImageSignature(bytes)) throw corrupt(path, cause);
    throw new LimpidError("UnsupportedImage", `${path}: is not an image that can be read`, {
      cause,
      details: { path },
    });
  }
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
    throw new LimpidError("UnsupportedImage", `${path}: ${what} cannot be read`, {
      details: { path, format, depth, space, channels },
    });
  };
  if (!readableFormats.includes(format)) refuse(`${format.toUpperCase()} files`);
  if (metadata.compression === "hevc") refuse("HEIC photos (HEVC compression)");
  if (depth !== "uchar" && depth !== "ushort") refuse(`images with samples of type "${depth}"`);
  const colors = { "b-w": 1, grey16: 1, srgb: 3, rgb: 3, rgb16: 3, cmyk: 4 }[space as string];
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

function readProfile(
  bytes: Buffer,
  metadata: Metadata,
  notes: string[],
): { profile: Uint8Array | undefined; colorSpace: ColorSpace } {
  const none = { profile: undefined, colorSpace: "srgb" } as const;
  if (isCmyk(metadata)) return none;
  if (metadata.icc === undefined) {
    if (metadata.format === "png" && listPngChunks(bytes).includes("iCCP")) {
      notes.push("damaged colour profile left out");
    }
    return none;
  }
  const model = colorModelOfProfile(metadata.icc);
  if (model === undefined) {
    notes.push("damaged colour profile left out");
    return none;
  }
  if (model === "other" || (model === "gray" && !isGray(metadata))) {
    notes.push("colour profile of another kind of image left out");
    return none;
  }
  const profile = new Uint8Array(metadata.icc);
  return { profile, colorSpace: colorSpaceOfProfile(profile) };
}

function noteFrames(bytes: Buffer, metadata: Metadata, notes: string[]): void {
  const { format, pages = 1 } = metadata;
  if (format === "png" && listPngChunks(bytes).includes("acTL")) {
    notes.push("animated: only the first frame was read");
  } else if (pages > 1) {
    const isAnimation = format === "gif" || format === "webp";
    notes.push(
      isAnimation
        ? `animated: only the first of ${pages} frames was read`
        : `only the first of ${pages} pages was read`,
    );
  }
}

interface Samples {
  width: number;
  height: number;
  channels: ChannelCount;
  data: Uint8Array | Uint16Array;
}

async function decode(path: string, bytes: Buffer, metadata: Metadata, notes: string[]): Promise<Samples> {
  if (isCmyk(metadata)) notes.push("CMYK, converted to 8-bit sRGB");
  try {
    return await decodeStrictly(bytes, metadata, "warning");
  } catch (warning) {
    // Warnings alone (a stray marker, say) leave a whole image behind, which the stricter setting refuses.
    try {
      const samples = await decodeStrictly(bytes, metadata, "error");
      notes.push(`damaged (${describeDecoderError(warning)}), read as far as possible`);
      return samples;
    } catch (cause) {
      throw corrupt(path, cause);
    }
  }
}

async function decodeStrictly(
  bytes: Buffer,
  metadata: Metadata,
  failOn: "warning" | "error",
): Promise<Samples> {
  const convert = isCmyk(metadata);
  const isDeep = metadata.depth === "ushort" && !convert;
  const gray = isGray(metadata);
  // libvips would keep only the grey channel of "b-w" with alpha, so that goes through RGB.
  const space = isDeep ? (gray ? "grey16" : "rgb16") : gray && metadata.channels === 1 ? "b-w" : "srgb";
  const { data, info } = await sharp(bytes, { failOn, ignoreIcc: !convert, limitInputPixels: false })
    .toColourspace(space)
    .raw({ depth: isDeep ? "ushort" : "uchar" })
    .toBuffer({ resolveWithObject: true });
  const samples = isDeep ? asUint16(data) : new Uint8Array(data.buffer, data.byteOffset, data.length);
  const { width, height } = info;
  if (gray && info.channels > 2) {
    return { width, height, channels: 2, data: keepGrayAndAlpha(samples, info.channels) };
  }
  return { width, height, channels: info.channels, data: samples };
}

function asUint16(data: Buffer): Uint16Array {
  const aligned = data.byteOffset % 2 === 0 ? data : new Uint8Array(data);
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2);
}

function keepGrayAndAlpha(samples: Uint8Array | Uint16Array, channels: number): Uint8Array | Uint16Array {
  const length = (samples.length / channels) * 2;
  const kept = samples.BYTES_PER_ELEMENT === 1 ? new Uint8Array(length) : new Uint16Array(length);
  for (let source = 0, target = 0; target < length; source += channels, target += 2) {
    kept[target] = samples[source]!;
    kept[target + 1] = samples[source + channels - 1]!;
  }
  return kept;
}
