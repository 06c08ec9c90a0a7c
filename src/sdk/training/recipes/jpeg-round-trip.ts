import { LimpidError } from "../../base/index.js";
import { convertBitDepth, PixelImage } from "../../image/index.js";
import { forwardDct, inverseDct } from "./jpeg-dct.js";
import { quantizationTable } from "./jpeg-quantization.js";

/** Whether a JPEG keeps its colour at half the resolution both ways, as most do, or at full. */
export type ChromaSubsampling = "4:2:0" | "4:4:4";

/** 8-bit samples of one component. */
interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * What becomes of an image that is saved as a baseline JPEG and read again: bit for bit what libjpeg-turbo gives with its
 * defaults (accurate integer DCT, Annex K tables, smooth upsampling of colour), which Pillow and sharp use. The entropy
 * coder is left out, since it loses nothing, so this runs in any runtime.
 *
 * @param image - any image; reduced to 8-bit RGB first, alpha left out; not changed
 * @param quality - 1 to 100, libjpeg's scale
 * @param subsampling - resolution of the colour
 * @returns a new 8-bit RGB image of the same size
 * @throws {@link LimpidError} `InvalidArgument` for a quality that is not an integer from 1 to 100
 *
 * @example
 * ```ts
 * const damaged = roundTripJpeg(clean, 10, "4:2:0");
 * console.log(psnr(damaged, clean)); // about 26 dB on photos
 * ```
 */
export function roundTripJpeg(
  image: PixelImage,
  quality: number,
  subsampling: ChromaSubsampling,
): PixelImage {
  if (!Number.isInteger(quality) || quality < 1 || quality > 100) {
    throw new LimpidError("InvalidArgument", `JPEG quality ${quality} is not an integer from 1 to 100`, {
      details: { quality },
    });
  }
  const { width, height } = image;
  const lumaTable = quantizationTable("luma", quality);
  const chromaTable = quantizationTable("chroma", quality);
  const [y, cb, cr] = toComponents(convertBitDepth(image, 8));
  const restoreChroma = (plane: Plane): Uint8Array =>
    subsampling === "4:4:4"
      ? codePlane(padPlane(plane), plane, chromaTable).data
      : upsample(codePlane(downsample(plane), halfSize(plane), chromaTable), width, height);
  const data = toRgb(codePlane(padPlane(y), y, lumaTable).data, restoreChroma(cb), restoreChroma(cr));
  const { colorSpace, iccProfile } = image;
  return image.isGray
    ? new PixelImage({ width, height, channels: 3, data })
    : new PixelImage({ width, height, channels: 3, data, colorSpace, iccProfile });
}

/** Half a unit of the colour transform, whose constants have 16 fractional bits. */
const half = 1 << 15;

/** RGB to the full-range YCbCr of JFIF, with libjpeg's constants (jccolor.c). */
function toComponents({ width, height, data, channels, isGray }: PixelImage): [Plane, Plane, Plane] {
  const count = width * height;
  const y = new Uint8Array(count);
  const cb = new Uint8Array(count);
  const cr = new Uint8Array(count);
  const green = isGray ? 0 : 1;
  const blue = isGray ? 0 : 2;
  const center = (128 << 16) + half - 1;
  for (let pixel = 0, source = 0; pixel < count; pixel++, source += channels) {
    const r = data[source]!;
    const g = data[source + green]!;
    const b = data[source + blue]!;
    y[pixel] = (19595 * r + 38470 * g + 7471 * b + half) >> 16; // 0.299 R + 0.587 G + 0.114 B
    cb[pixel] = (-11059 * r - 21709 * g + 32768 * b + center) >> 16; // -0.16874 R - 0.33126 G + 0.5 B
    cr[pixel] = (32768 * r - 27439 * g - 5329 * b + center) >> 16; // 0.5 R - 0.41869 G - 0.08131 B
  }
  return [
    { width, height, data: y },
    { width, height, data: cb },
    { width, height, data: cr },
  ];
}

/** YCbCr back to interleaved RGB (jdcolor.c). */
function toRgb(y: Uint8Array, cb: Uint8Array, cr: Uint8Array): Uint8Array {
  const rgb = new Uint8ClampedArray(y.length * 3);
  for (let pixel = 0, target = 0; pixel < y.length; pixel++, target += 3) {
    const luma = y[pixel]!;
    const u = cb[pixel]! - 128;
    const v = cr[pixel]! - 128;
    rgb[target] = luma + ((91881 * v + half) >> 16); // 1.402 Cr
    rgb[target + 1] = luma + ((-22554 * u - 46802 * v + half) >> 16); // -0.34414 Cb - 0.71414 Cr
    rgb[target + 2] = luma + ((116130 * u + half) >> 16); // 1.772 Cb
  }
  return new Uint8Array(rgb.buffer);
}

/** The next multiple of a block's side. */
function wholeBlocks(length: number): number {
  return Math.ceil(length / 8) * 8;
}

function halfSize({ width, height }: Plane): { width: number; height: number } {
  return { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
}

/** Repeats the last row and column until the plane is made of whole blocks (jcprepct.c). */
function padPlane(plane: Plane): Plane {
  const { width, height, data } = plane;
  const padded = { width: wholeBlocks(width), height: wholeBlocks(height) };
  const result = new Uint8Array(padded.width * padded.height);
  for (let y = 0; y < padded.height; y++) {
    const from = Math.min(y, height - 1) * width;
    const to = y * padded.width;
    result.set(data.subarray(from, from + width), to);
    result.fill(data[from + width - 1]!, to + width, to + padded.width);
  }
  return { ...padded, data: result };
}

/**
 * Averages 2 x 2 samples, rounding down and up in turn (jcsample.c, h2v2_downsample). Columns are repeated before, rows
 * after, until the result is made of whole blocks.
 */
function downsample(plane: Plane): Plane {
  const { width, height, data } = plane;
  const rows = halfSize(plane).height;
  const padded = { width: wholeBlocks(halfSize(plane).width), height: wholeBlocks(rows) };
  const result = new Uint8Array(padded.width * padded.height);
  for (let y = 0; y < rows; y++) {
    const upper = 2 * y * width;
    const lower = Math.min(2 * y + 1, height - 1) * width;
    for (let x = 0; x < padded.width; x++) {
      const left = Math.min(2 * x, width - 1);
      const right = Math.min(2 * x + 1, width - 1);
      const sum = data[upper + left]! + data[upper + right]! + data[lower + left]! + data[lower + right]!;
      result[y * padded.width + x] = (sum + 1 + (x & 1)) >> 2;
    }
  }
  const last = result.subarray((rows - 1) * padded.width, rows * padded.width);
  for (let y = rows; y < padded.height; y++) result.set(last, y * padded.width);
  return { ...padded, data: result };
}

/** Quantises and restores every block of a plane of whole blocks, and cuts the result to the plane's own size. */
function codePlane(padded: Plane, size: { width: number; height: number }, table: Int32Array): Plane {
  const { width, height } = size;
  const data = new Uint8ClampedArray(width * height);
  const block = new Int32Array(64);
  for (let top = 0; top < height; top += 8) {
    const rows = Math.min(8, height - top);
    for (let left = 0; left < width; left += 8) {
      const columns = Math.min(8, width - left);
      for (let index = 0; index < 64; index++) {
        block[index] = padded.data[(top + (index >> 3)) * padded.width + left + (index & 7)]! - 128;
      }
      codeBlock(block, table);
      for (let y = 0; y < rows; y++) {
        const target = (top + y) * width + left;
        for (let x = 0; x < columns; x++) data[target + x] = block[y * 8 + x]! + 128;
      }
    }
  }
  return { width, height, data: new Uint8Array(data.buffer) };
}

function codeBlock(block: Int32Array, table: Int32Array): void {
  forwardDct(block);
  for (let index = 0; index < 64; index++) {
    const step = table[index]!;
    const divisor = step * 8;
    const coefficient = block[index]!;
    const away = coefficient < 0 ? -(divisor >> 1) : divisor >> 1;
    block[index] = (((coefficient + away) / divisor) | 0) * step;
  }
  inverseDct(block);
}

/**
 * Doubles a plane both ways by a triangle filter (jdsample.c, h2v2_fancy_upsample): weights 9, 3, 3 and 1 of 16. Planes of
 * one or two columns are repeated instead, as libjpeg does.
 *
 * @returns [height, width], the size before the halving
 */
function upsample(plane: Plane, width: number, height: number): Uint8Array {
  const result = new Uint8Array(width * height);
  const isNarrow = plane.width <= 2;
  const sums = new Int32Array(plane.width);
  for (let y = 0; y < height; y++) {
    const near = y >> 1;
    const far = Math.min(Math.max(near + (y & 1 ? 1 : -1), 0), plane.height - 1);
    for (let x = 0; x < plane.width; x++) {
      const nearest = plane.data[near * plane.width + x]!;
      sums[x] = isNarrow ? 4 * nearest : 3 * nearest + plane.data[far * plane.width + x]!;
    }
    for (let x = 0; x < width; x++) {
      const nearest = sums[x >> 1]!;
      const isRight = x & 1;
      const neighbour = isNarrow ? nearest : (sums[(x >> 1) + (isRight ? 1 : -1)] ?? nearest);
      result[y * width + x] = (3 * nearest + neighbour + (isRight ? 7 : 8)) >> 4;
    }
  }
  return result;
}
