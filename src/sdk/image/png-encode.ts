import { throwIfAborted } from "../base/index.js";
import { convertBitDepth } from "./bit-depth.js";
import { displayP3Profile } from "./display-p3-profile.js";
import { colorModelOfProfile } from "./icc-profile.js";
import type { PixelImage } from "./pixel-image.js";
import { writePngChunks } from "./png-chunks.js";
import { RowFilter } from "./png-filter.js";
import { deflate } from "./png-stream.js";

/** Options of {@link encodePng}. */
export interface EncodePngOptions {
  /** Aborts between rows. */
  readonly signal?: AbortSignal | undefined;
}

/** Rows are compressed in portions of about so many bytes. */
const portionLength = 2 ** 18;

/**
 * Encodes an image as a PNG file, in a page, a worker or Node, without a canvas: every sample stands in the file as it is,
 * with straight alpha, the colour under transparent pixels, and 16 bits if the image has 16. Floats become 16 bits. The ICC
 * profile is kept byte for byte; Display P3 without one gets one; sRGB is said to be sRGB.
 *
 * @param image - any image
 * @param options - abort signal
 * @returns the file; {@link decodePng} gives the same image back
 * @throws {@link LimpidError} `Aborted`
 *
 * @example
 * ```ts
 * const file = new Blob([await encodePng(result.image)], { type: "image/png" });
 * ```
 */
export async function encodePng(
  image: PixelImage,
  options: EncodePngOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const stored = image.bitDepth === 32 ? convertBitDepth(image, 16) : image;
  const { width, height, channels, bitDepth } = stored;
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = bitDepth;
  header[9] = [0, 4, 2, 6][channels - 1]!;
  const pixels = await deflate(filteredRows(stored, options.signal));
  return writePngChunks([["IHDR", header], ...(await colorChunks(stored)), ["IDAT", pixels]]);
}

async function colorChunks({ iccProfile, colorSpace, isGray }: PixelImage): Promise<[string, Uint8Array][]> {
  const profile = iccProfile ?? (colorSpace === "display-p3" && !isGray ? displayP3Profile() : undefined);
  if (profile === undefined) return [["sRGB", Uint8Array.of(0)]];
  // A profile that does not fit would make other readers refuse the file; the numbers stay as they are.
  if (colorModelOfProfile(profile) !== (isGray ? "gray" : "rgb")) return [];
  const name = Array.from("ICC Profile", (letter) => letter.charCodeAt(0));
  return [["iCCP", Uint8Array.of(...name, 0, 0, ...(await deflate([profile])))]];
}

/** The rows, filtered, in portions. */
function* filteredRows(image: PixelImage, signal: AbortSignal | undefined): Generator<Uint8Array> {
  const { width, height, channels, bitDepth, data } = image;
  const length = width * channels;
  const pixelLength = (channels * bitDepth) / 8;
  const rowFilter = new RowFilter(length * (bitDepth / 8), pixelLength);
  const bytes = new Uint8Array(length * (bitDepth / 8));
  const size = bytes.length + 1;
  const rows = Math.max(1, Math.floor(portionLength / size));
  for (let top = 0; top < height; top += rows) {
    throwIfAborted(signal);
    const portion = new Uint8Array(size * Math.min(rows, height - top));
    for (let row = 0; row * size < portion.length; row++) {
      const start = (top + row) * length;
      if (bitDepth === 8) bytes.set(data.subarray(start, start + length));
      else storeBigEndian(data.subarray(start, start + length), bytes);
      rowFilter.filter(bytes, portion.subarray(row * size, (row + 1) * size));
    }
    yield portion;
  }
}

function storeBigEndian(samples: PixelImage["data"], bytes: Uint8Array): void {
  for (let index = 0; index < samples.length; index++) {
    bytes[index * 2] = samples[index]! >> 8;
    bytes[index * 2 + 1] = samples[index]!;
  }
}
