import { LimpidError } from "../base/index.js";
import { checkDimensions, PixelImage } from "./pixel-image.js";

/** Fractional bits of a filter weight: 32 less 8 of the sample and 2 of headroom. */
const precisionBits = 32 - 8 - 2;

/** Half the filter's width, in samples, when growing. */
const bicubicSupport = 2;

/** The weights of one axis: output sample `i` is made from `counts[i]` samples from `starts[i]` on. */
interface FilterBank {
  readonly size: number;
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  /** [outputs, size], fixed-point with {@link precisionBits} fractional bits. */
  readonly weights: Int32Array;
}

/**
 * Resizes an 8-bit image with the antialiased bicubic filter of the Pillow imaging library (`Image.resize` with
 * `Resampling.BICUBIC`), bit for bit: Keys' kernel with a = -0.5, stretched by the ratio when shrinking, weights
 * rounded to 22 fractional bits, columns first and rounded to 8 bits before the rows. As there, colour is
 * premultiplied by alpha meanwhile, which loses the colour of transparent pixels. CLIP's published preprocessing
 * resizes so.
 *
 * @param image - an image with 8 bits per sample
 * @param width - width of the result in pixels
 * @param height - height of the result in pixels; the aspect ratio need not be kept
 * @returns an 8-bit image with the same channels and colour space; `image` itself if the size is already right
 * @throws {@link LimpidError} `InvalidArgument` if the image is not 8-bit; `InvalidImage` or `ImageTooLarge` if no image
 * can have the size asked for
 */
export function resizeBicubic(image: PixelImage, width: number, height: number): PixelImage {
  if (image.bitDepth !== 8) {
    throw new LimpidError(
      "InvalidArgument",
      `bicubic resizing takes 8 bits per sample, not ${image.bitDepth}`,
      {
        details: { bitDepth: image.bitDepth },
      },
    );
  }
  checkDimensions(width, height);
  if (width === image.width && height === image.height) return image;
  const { channels } = image;
  let data = image.data as Uint8Array;
  if (image.hasAlpha) data = premultiply(data, channels);
  if (width !== image.width) data = resizeColumns(data, image.width, image.height, channels, width);
  if (height !== image.height) data = resizeRows(data, width, image.height, channels, height);
  if (image.hasAlpha) unpremultiply(data, channels);
  return new PixelImage({ ...image, width, height, data });
}

function resizeColumns(
  data: Uint8Array,
  width: number,
  height: number,
  channels: number,
  outWidth: number,
): Uint8Array {
  const { size, starts, counts, weights } = bicubicBank(width, outWidth);
  const out = new Uint8Array(outWidth * height * channels);
  for (let y = 0, target = 0; y < height; y++) {
    for (let x = 0; x < outWidth; x++) {
      const first = (y * width + starts[x]!) * channels;
      for (let channel = 0; channel < channels; channel++, target++) {
        let sum = 1 << (precisionBits - 1);
        for (let tap = 0, source = first + channel; tap < counts[x]!; tap++, source += channels) {
          sum += data[source]! * weights[x * size + tap]!;
        }
        out[target] = toByte(sum);
      }
    }
  }
  return out;
}

function resizeRows(
  data: Uint8Array,
  width: number,
  height: number,
  channels: number,
  outHeight: number,
): Uint8Array {
  const { size, starts, counts, weights } = bicubicBank(height, outHeight);
  const rowLength = width * channels;
  const out = new Uint8Array(rowLength * outHeight);
  const sums = new Int32Array(rowLength);
  for (let y = 0; y < outHeight; y++) {
    sums.fill(1 << (precisionBits - 1));
    for (let tap = 0; tap < counts[y]!; tap++) {
      const weight = weights[y * size + tap]!;
      const source = (starts[y]! + tap) * rowLength;
      for (let index = 0; index < rowLength; index++) sums[index]! += data[source + index]! * weight;
    }
    for (let index = 0; index < rowLength; index++) out[y * rowLength + index] = toByte(sums[index]!);
  }
  return out;
}

/** Where each output sample looks and with which weights, computed in the order that Pillow computes it in. */
function bicubicBank(inSize: number, outSize: number): FilterBank {
  const scale = inSize / outSize;
  const filterScale = Math.max(scale, 1);
  const support = bicubicSupport * filterScale;
  const size = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(outSize);
  const counts = new Int32Array(outSize);
  const weights = new Int32Array(outSize * size);
  const taps = new Float64Array(size);
  for (let index = 0; index < outSize; index++) {
    const center = (index + 0.5) * scale;
    const start = Math.max(Math.trunc(center - support + 0.5), 0);
    const end = Math.min(Math.trunc(center + support + 0.5), inSize);
    let total = 0;
    for (let tap = 0; tap < end - start; tap++) {
      const weight = bicubic((tap + start - center + 0.5) * (1 / filterScale));
      taps[tap] = weight;
      total += weight;
    }
    starts[index] = start;
    counts[index] = end - start;
    for (let tap = 0; tap < end - start; tap++) {
      const weight = total === 0 ? taps[tap]! : taps[tap]! / total;
      weights[index * size + tap] = Math.trunc((weight < 0 ? -0.5 : 0.5) + weight * (1 << precisionBits));
    }
  }
  return { size, starts, counts, weights };
}

/** Keys' cubic convolution kernel, a = -0.5 (IEEE Transactions on Acoustics, Speech, and Signal Processing 29, 1981). */
function bicubic(x: number): number {
  const a = -0.5;
  x = Math.abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

function toByte(sum: number): number {
  return Math.min(Math.max(sum >> precisionBits, 0), 255);
}

function premultiply(data: Uint8Array, channels: number): Uint8Array {
  const out = data.slice();
  for (let pixel = 0; pixel < out.length; pixel += channels) {
    const alpha = out[pixel + channels - 1]!;
    for (let index = pixel; index < pixel + channels - 1; index++) {
      const product = out[index]! * alpha + 128;
      out[index] = ((product >> 8) + product) >> 8;
    }
  }
  return out;
}

function unpremultiply(data: Uint8Array, channels: number): void {
  for (let pixel = 0; pixel < data.length; pixel += channels) {
    const alpha = data[pixel + channels - 1]!;
    if (alpha === 0 || alpha === 255) continue;
    for (let index = pixel; index < pixel + channels - 1; index++) {
      data[index] = Math.min(Math.trunc((255 * data[index]!) / alpha), 255);
    }
  }
}
