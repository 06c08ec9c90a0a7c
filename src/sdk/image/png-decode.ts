import { LimpidError, throwIfAborted } from "../base/index.js";
import { applyOrientation, type ExifOrientation } from "./orientation.js";
import { maximumPixelCount, PixelImage } from "./pixel-image.js";
import { readPngChunks } from "./png-chunks.js";
import { readPngColor } from "./png-color.js";
import { readPngHeader, type PngHeader } from "./png-header.js";
import { rawLength, readPngRows } from "./png-rows.js";
import { expandSamples } from "./png-samples.js";
import { inflate } from "./png-stream.js";

/** Options of {@link decodePng}. */
export interface DecodePngOptions {
  /** Most pixels that the image may have; as many as a `PixelImage` if left out. Checked before anything is allocated. */
  readonly maximumPixels?: number | undefined;
  /** Aborts between reading and decoding. */
  readonly signal?: AbortSignal | undefined;
}

/** An image that came from the bytes of a PNG file. */
export interface DecodedPng {
  /** The upright image. */
  readonly image: PixelImage;
  /** What was changed or left out on the way, each in a few words for a person; empty for most files. */
  readonly notes: readonly string[];
}

/** The chunks that are read, besides the pixels. */
const knownChunks: ReadonlySet<string> = new Set([
  ...["PLTE", "tRNS", "cICP", "iCCP", "sRGB", "gAMA", "cHRM", "eXIf", "acTL"],
]);

/**
 * Decodes a PNG file, in a page, a worker or Node, without a canvas: every sample comes out as it stands in the file, with
 * straight alpha, the colour under transparent pixels, and 16 bits where there are 16. Palettes and 1, 2 and 4 bits become 8
 * bits; a transparent colour becomes an alpha channel. The ICC profile is kept byte for byte; what a file says of its colours in
 * other words (cICP, gAMA, cHRM) is put into a profile.
 *
 * Damage that costs no pixel is put up with, and told in `notes`: a broken profile, wrong checksums of what only describes
 * the pixels, a missing end.
 *
 * @param bytes - the file
 * @param options - limit and abort signal
 * @returns the image, and notes on what was changed
 * @throws {@link LimpidError} `EmptyFile`; `UnsupportedImage` if it is no PNG file, or an HDR picture (PQ, HLG); `CorruptImage` if pixels are missing or
 * damaged; `ImageTooLarge`; `OutOfMemory`; `Aborted`
 *
 * @example
 * ```ts
 * const { image } = await decodePng(new Uint8Array(await (await fetch("photo.png")).arrayBuffer()));
 * ```
 */
export async function decodePng(bytes: Uint8Array, options: DecodePngOptions = {}): Promise<DecodedPng> {
  const { maximumPixels = maximumPixelCount, signal } = options;
  throwIfAborted(signal);
  const notes: string[] = [];
  const { header, pixels, isChanged, chunks } = readFile(bytes, maximumPixels, notes);
  if (chunks.has("acTL")) notes.push("animated: only the first frame was read");
  const color = await readPngColor(chunks, header.colorType === 0 || header.colorType === 4, notes);
  throwIfAborted(signal);
  const raw = await readRaw(header, pixels, isChanged);
  throwIfAborted(signal);
  const stored = readPngRows(header, raw);
  const samples = expandSamples(header, stored, chunks.get("PLTE"), chunks.get("tRNS"));
  const { width, height } = header;
  const image = new PixelImage({ width, height, ...samples, ...color });
  return { image: applyOrientation(image, readOrientation(chunks.get("eXIf"))), notes };
}

interface PngFile {
  readonly header: PngHeader;
  /** The compressed rows. */
  readonly pixels: readonly Uint8Array[];
  /** Whether a checksum of them is wrong, though the file is not cut short. */
  readonly isChanged: boolean;
  /** The first of each kind. */
  readonly chunks: ReadonlyMap<string, Uint8Array>;
}

function readFile(bytes: Uint8Array, maximumPixels: number, notes: string[]): PngFile {
  let header: PngHeader | undefined;
  const pixels: Uint8Array[] = [];
  const chunks = new Map<string, Uint8Array>();
  let hasEnded = false;
  let arePixelsIntact = true;
  for (const { type, data, isIntact } of readPngChunks(bytes)) {
    if (type === "CgBI") {
      throw new LimpidError("UnsupportedImage", "an Apple-optimised PNG, which only Apple's systems read");
    }
    if (header === undefined) {
      if (type !== "IHDR")
        throw new LimpidError("CorruptImage", `the PNG file begins with ${JSON.stringify(type)}`);
      header = readPngHeader(data, maximumPixels);
    }
    if (!isIntact && (type === "IHDR" || type === "PLTE")) {
      throw new LimpidError("CorruptImage", `the checksum of the PNG file's ${type} is wrong`);
    }
    if (type === "IDAT") {
      pixels.push(data);
      arePixelsIntact &&= isIntact;
    } else if (type === "IEND") hasEnded = true;
    else if (knownChunks.has(type) && !chunks.has(type)) chunks.set(type, data);
  }
  if (header === undefined) throw new LimpidError("CorruptImage", "the PNG file ends before its header");
  if (!hasEnded) notes.push("the file lacks its end");
  return { header, pixels, isChanged: hasEnded && !arePixelsIntact, chunks };
}

/** A wrong checksum of a chunk may be wrong itself; that of the stream in it, too, means that pixels are. */
async function readRaw(
  header: PngHeader,
  pixels: readonly Uint8Array[],
  isChanged: boolean,
): Promise<Uint8Array> {
  const expected = rawLength(header);
  const compressed = pixels.reduce((sum, part) => sum + part.length, 0);
  // DEFLATE makes at most 1032 bytes of one: what is announced and cannot be there is not allocated.
  if (compressed * 1032 < expected) throw incomplete(header);
  const { bytes, isDamaged } = await inflate(pixels, expected, true).catch((cause: unknown) => {
    const message = `there is no memory for an image of ${header.width} x ${header.height}`;
    throw new LimpidError("OutOfMemory", message, { cause });
  });
  if (bytes.length < expected) throw incomplete(header);
  if (isDamaged && isChanged) {
    throw new LimpidError("CorruptImage", "the checksums of the PNG file's pixels are wrong");
  }
  return bytes;
}

function incomplete({ width, height }: PngHeader): LimpidError {
  return new LimpidError("CorruptImage", `the PNG file does not hold all of its ${width} x ${height} pixels`);
}

/** The orientation in an eXIf chunk: a TIFF header and its first directory (Exif 3.0, 4.6). Upright if there is none. */
function readOrientation(exif: Uint8Array | undefined): ExifOrientation {
  if (exif === undefined || exif.length < 14) return 1;
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  const isLittle = view.getUint16(0) === 0x4949;
  const directory = view.getUint32(4, isLittle);
  if (directory + 2 > exif.length) return 1;
  const count = view.getUint16(directory, isLittle);
  for (let index = 0; index < count; index++) {
    const entry = directory + 2 + index * 12;
    if (entry + 12 > exif.length) return 1;
    if (view.getUint16(entry, isLittle) !== 0x0112) continue;
    const value = view.getUint16(entry + 8, isLittle);
    return value >= 1 && value <= 8 ? (value as ExifOrientation) : 1;
  }
  return 1;
}
