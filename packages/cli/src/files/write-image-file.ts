import fs from "node:fs/promises";
import sharp, { type Sharp } from "sharp";
import { LimpidError, PixelImage, throwIfAborted } from "limpid";
import { colorModelOfProfile, convertBitDepth } from "limpid/network";
import { writeFileAtomically } from "limpid/node";
import { embedMetadata } from "./embed-metadata.js";
import { outputFormatOf, type OutputFormat } from "./image-format.js";
import type { ImageMetadata } from "./image-metadata.js";
import { OutputError } from "./output-error.js";
import { iccProfileChunk, insertPngChunks } from "./png-chunks.js";

/** Options of {@link writeImageFile}. */
export interface WriteImageOptions {
  /** Files that must not be replaced: what the image was made from. */
  readonly inputs?: readonly string[] | undefined;
  /** What the file is to say besides its pixels, as {@link readImageFile} gives it; nothing if left out. */
  readonly metadata?: ImageMetadata | undefined;
  /** Quality of JPEG and WebP, 1 to 100. Left out, JPEG is written at 95 and WebP without loss. */
  readonly quality?: number | undefined;
  /** Aborts between encoding and writing, and while writing. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of an image that was written to a file. */
export interface WrittenImageFile {
  /** Size of the file in bytes. */
  readonly byteLength: number;
  /** What the format could not hold, each in a few words for a person; empty for most files. */
  readonly notes: readonly string[];
}

/** Longest side in pixels that a format can hold. */
const maximumSides: Readonly<Record<OutputFormat, number>> = {
  png: 2 ** 31 - 1,
  jpeg: 65535,
  webp: 16383,
  tiff: 2 ** 31 - 1,
};

const formatNames: Readonly<Record<OutputFormat, string>> = {
  png: "PNG",
  jpeg: "JPEG",
  webp: "WebP",
  tiff: "TIFF",
};

/**
 * Writes an image to a file, in the format that the file's extension names: PNG, JPEG, WebP or TIFF.
 *
 * PNG and TIFF hold the image exactly: 8 or 16 bits, grey or RGB, straight alpha with the colour under transparent
 * pixels, and the ICC profile byte for byte. An image in Display P3 without a profile gets one. What a format cannot
 * hold is told in `notes`: floats become 16-bit, JPEG and WebP reduce to 8 bits, WebP writes grey as RGB, and not every format has
 * a place for IPTC or PNG text. A density is written only if there is one.
 *
 * The file appears under its name only when it is complete; until then, and if anything fails, what stood there stays.
 *
 * @param path - where to write; a file that exists is replaced
 * @param image - the image
 * @param options - inputs to protect, quality, abort signal
 * @returns the file's size, and notes on what the format could not hold
 * @throws {@link OutputError} `UnsupportedFormat` for an unknown extension; `InputOverwrite`
 * @throws {@link LimpidError} `UnsupportedImage` if the format has no transparency and the image needs it; `ImageTooLarge` if
 * the format has no room for a side; `InvalidArgument` for an impossible quality; `DiskFull`; `FileUnwritable`; `Aborted`
 *
 * @example
 * ```ts
 * await writeImageFile("photo.restored.png", result.image, { inputs: ["photo.jpg"] });
 * ```
 */
export async function writeImageFile(
  path: string,
  image: PixelImage,
  options: WriteImageOptions = {},
): Promise<WrittenImageFile> {
  const { inputs = [], signal } = options;
  const format = outputFormatOf(path);
  await refuseInputs(path, inputs);
  throwIfAborted(signal);
  const { bytes, notes } = await encodeImageFile(path, image, format, options);
  throwIfAborted(signal);
  await writeFileAtomically(path, bytes, signal);
  return { byteLength: bytes.length, notes };
}

/**
 * Makes the bytes of an image file, as {@link writeImageFile} writes them.
 *
 * @param name - what errors call it
 * @param image - the image
 * @param format - the file's format
 * @param options - metadata and quality
 * @returns the whole file, and notes on what the format could not hold
 * @throws {@link LimpidError} `UnsupportedImage`, `ImageTooLarge`, `InvalidArgument`
 */
export async function encodeImageFile(
  name: string,
  image: PixelImage,
  format: OutputFormat,
  { metadata = {}, quality }: Pick<WriteImageOptions, "metadata" | "quality">,
): Promise<{ readonly bytes: Uint8Array; readonly notes: readonly string[] }> {
  checkQuality(quality);
  checkSides(name, image, format);
  const notes: string[] = [];
  const fitted = fitToFormat(name, image, format, notes);
  const profile = await chooseProfile(fitted, format, notes);
  const encoded = await encode(fitted, format, profile, quality);
  return { bytes: embedMetadata(encoded, format, metadata, fitted, notes), notes };
}

function checkQuality(quality: number | undefined): void {
  if (quality !== undefined && !(Number.isInteger(quality) && quality >= 1 && quality <= 100)) {
    throw new LimpidError("InvalidArgument", `quality ${quality} is not an integer from 1 to 100`, {
      details: { quality },
    });
  }
}

function checkSides(path: string, { width, height }: PixelImage, format: OutputFormat): void {
  const maximumSide = maximumSides[format];
  if (Math.max(width, height) > maximumSide) {
    throw new LimpidError(
      "ImageTooLarge",
      `${path}: ${width} x ${height} does not fit in a ${formatNames[format]} file, whose sides are at most ${maximumSide}`,
      { details: { path, width, height, maximumSide } },
    );
  }
}

/** Compares by identity on the disk, so that links and other spellings of a name are seen through. */
async function refuseInputs(path: string, inputs: readonly string[]): Promise<void> {
  const output = await identify(path);
  if (output === undefined) return;
  for (const input of inputs) {
    if ((await identify(input)) === output) {
      throw new OutputError("InputOverwrite", `${path}: would replace the input ${input}`, { path, input });
    }
  }
}

async function identify(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await fs.stat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** The image with what the format cannot hold taken away. */
function fitToFormat(path: string, image: PixelImage, format: OutputFormat, notes: string[]): PixelImage {
  const name = formatNames[format];
  const bitDepth = format === "jpeg" || format === "webp" ? 8 : image.bitDepth === 8 ? 8 : 16;
  if (bitDepth < image.bitDepth)
    notes.push(`reduced to ${bitDepth} bits per channel, the most that ${name} holds`);
  if (image.isGray && format === "webp") notes.push("grey written as RGB, since WebP has no grey");
  const fitted = convertBitDepth(image, bitDepth);
  return format === "jpeg" && fitted.hasAlpha ? dropOpaqueAlpha(path, fitted) : fitted;
}

function dropOpaqueAlpha(path: string, image: PixelImage): PixelImage {
  const colors = image.channels === 2 ? 1 : 3;
  const data = new Uint8Array(image.width * image.height * colors);
  for (let source = 0, target = 0; target < data.length; source += image.channels, target += colors) {
    if (image.data[source + colors] !== 255) {
      throw new LimpidError(
        "UnsupportedImage",
        `${path}: JPEG has no transparency, and this image has; use PNG, WebP or TIFF`,
        { details: { path } },
      );
    }
    for (let color = 0; color < colors; color++) data[target + color] = image.data[source + color]!;
  }
  return new PixelImage({ ...image, channels: colors, data });
}

/** The profile that belongs into the file. */
async function chooseProfile(
  image: PixelImage,
  format: OutputFormat,
  notes: string[],
): Promise<Uint8Array | undefined> {
  const { iccProfile } = image;
  if (iccProfile === undefined) {
    return image.colorSpace === "display-p3" && !image.isGray ? displayP3Profile() : undefined;
  }
  const model = colorModelOfProfile(iccProfile);
  const isGrayInFile = image.isGray && format !== "webp";
  if (model === (isGrayInFile ? "gray" : "rgb")) return iccProfile;
  notes.push(
    `colour profile left out, since it does not fit a ${isGrayInFile ? "grey" : "colour"} ${formatNames[format]}`,
  );
  return undefined;
}

async function displayP3Profile(): Promise<Uint8Array | undefined> {
  const pixel = sharp({ create: { width: 1, height: 1, channels: 3, background: "black" } });
  const tagged = await pixel.withIccProfile("p3").png().toBuffer();
  return (await sharp(tagged).metadata()).icc;
}

async function encode(
  image: PixelImage,
  format: OutputFormat,
  profile: Uint8Array | undefined,
  quality: number | undefined,
): Promise<Buffer> {
  const { width, height, channels } = image;
  const isDeep = image.bitDepth === 16;
  const isGrayInFile = image.isGray && format !== "webp";
  const space = isGrayInFile ? (isDeep ? "grey16" : "b-w") : isDeep ? "rgb16" : "srgb";
  const data = image.data as Uint8Array | Uint16Array;
  const pixels = sharp(data, { raw: { width, height, channels }, limitInputPixels: false }).toColourspace(
    space,
  );
  if (format === "png") {
    const png = await pixels.png({ adaptiveFiltering: true }).toBuffer();
    return profile ? insertPngChunks(png, [iccProfileChunk(profile)]) : png;
  }
  if (profile === undefined) return setFormat(pixels, format, quality).toBuffer();
  // sharp takes a profile without converting to it only from an input that has it, so an uncompressed PNG carries it.
  const carrier = insertPngChunks(await pixels.png({ compressionLevel: 0 }).toBuffer(), [
    iccProfileChunk(profile),
  ]);
  const tagged = sharp(carrier, { limitInputPixels: false }).keepIccProfile().toColourspace(space);
  return setFormat(tagged, format, quality).toBuffer();
}

function setFormat(pixels: Sharp, format: Exclude<OutputFormat, "png">, quality: number | undefined): Sharp {
  switch (format) {
    case "jpeg":
      // Optimised Huffman tables would hold every coefficient of the image in memory.
      return pixels.jpeg({ quality: quality ?? 95, chromaSubsampling: "4:4:4", optimiseCoding: false });
    case "webp":
      return pixels.webp(quality === undefined ? { lossless: true, exact: true } : { quality, exact: true });
    case "tiff":
      return pixels.tiff({ compression: "deflate", predictor: "horizontal" });
  }
}
