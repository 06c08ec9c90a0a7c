import { LimpidError } from "../base/index.js";
import type { PixelImage } from "./pixel-image.js";
import { checkRect, type Rect } from "./rect.js";

/**
 * Reads a rectangle as floating-point RGB, the form that networks take.
 *
 * Grey is repeated to three channels and alpha is ignored; see {@link bleedColorUnderAlpha} for what stands under
 * transparent pixels. Outside the image the nearest edge pixel is repeated. A NaN sample reads as 0.
 *
 * @param image - the image to read
 * @param rect - the area to read; may lie partly or wholly outside the image
 * @param out - memory for the result, `rect.height * rect.width * 3` long; made if left out
 * @returns `out`: [rect.height, rect.width, 3], 0..1
 * @throws {@link LimpidError} `InvalidArgument` if `rect` is empty or not on whole pixels, or `out` is of another length
 *
 * @example
 * ```ts
 * const tile = { x: -16, y: -16, width: 288, height: 288 };
 * const rgb = readRgb(image, tile); // [288, 288, 3], its first 16 rows and columns repeated from the edge
 * ```
 */
export function readRgb(image: PixelImage, rect: Rect, out?: Float32Array): Float32Array {
  checkRect(rect);
  const length = rect.width * rect.height * 3;
  const rgb = out ?? new Float32Array(length);
  checkLength(rgb, rect);
  const { data, channels, width, height, maximum } = image;
  const green = image.isGray ? 0 : 1;
  const blue = image.isGray ? 0 : 2;
  const isFloat = image.bitDepth === 32;
  for (let row = 0, target = 0; row < rect.height; row++) {
    const y = Math.min(Math.max(rect.y + row, 0), height - 1);
    const start = y * width * channels;
    for (let column = 0; column < rect.width; column++, target += 3) {
      const x = Math.min(Math.max(rect.x + column, 0), width - 1);
      const source = start + x * channels;
      rgb[target] = data[source]! / maximum;
      rgb[target + 1] = data[source + green]! / maximum;
      rgb[target + 2] = data[source + blue]! / maximum;
    }
  }
  if (isFloat) {
    for (let index = 0; index < length; index++) {
      if (Number.isNaN(rgb[index]!)) rgb[index] = 0;
    }
  }
  return rgb;
}

/**
 * Writes floating-point RGB into an image in place: the counterpart of {@link readRgb}. Values are clamped to 0..1 and
 * rounded to the image's bit depth; NaN becomes 0.
 *
 * A grey image gets the luma 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), or exactly the common value where the three
 * are equal. Alpha is never written. Fully transparent pixels keep their colour, since nobody sees it and an editor may
 * still need what its user has masked out. What lies outside the image is dropped.
 *
 * @param target - the image to write into
 * @param rect - the area that `rgb` covers; may lie partly or wholly outside the image
 * @param rgb - [rect.height, rect.width, 3], 0..1
 * @throws {@link LimpidError} `InvalidArgument` if `rect` is empty or not on whole pixels, or `rgb` is of another length
 *
 * @example
 * ```ts
 * const result = image.clone();
 * writeRgb(result, tile, restored);
 * ```
 */
export function writeRgb(target: PixelImage, rect: Rect, rgb: Float32Array): void {
  checkRect(rect);
  checkLength(rgb, rect);
  const { data, channels, width, height, maximum, isGray } = target;
  const isFloat = target.bitDepth === 32;
  const alpha = target.hasAlpha ? channels - 1 : -1;
  const left = Math.max(rect.x, 0);
  const right = Math.min(rect.x + rect.width, width);
  const top = Math.max(rect.y, 0);
  const bottom = Math.min(rect.y + rect.height, height);
  const quantize = isFloat ? clamp : (value: number) => Math.floor(clamp(value) * maximum + 0.5);
  for (let y = top; y < bottom; y++) {
    let source = ((y - rect.y) * rect.width + (left - rect.x)) * 3;
    let index = (y * width + left) * channels;
    for (let x = left; x < right; x++, source += 3, index += channels) {
      if (alpha > 0 && !(data[index + alpha]! > 0)) continue;
      const red = rgb[source]!;
      const green = rgb[source + 1]!;
      const blue = rgb[source + 2]!;
      if (isGray) {
        data[index] = quantize(luma(red, green, blue));
      } else {
        data[index] = quantize(red);
        data[index + 1] = quantize(green);
        data[index + 2] = quantize(blue);
      }
    }
  }
}

/** ITU-R BT.601, and exactly the common value of three equal ones. */
export function luma(red: number, green: number, blue: number): number {
  return red === green && green === blue ? red : 0.299 * red + 0.587 * green + 0.114 * blue;
}

/** To 0..1, with NaN to 0. */
function clamp(value: number): number {
  return value > 0 ? (value < 1 ? value : 1) : 0;
}

function checkLength(rgb: Float32Array, rect: Rect): void {
  const length = rect.width * rect.height * 3;
  if (rgb.length !== length) {
    throw new LimpidError(
      "InvalidArgument",
      `RGB of ${rect.width} x ${rect.height} pixels has ${length} values, not ${rgb.length}`,
      { details: { width: rect.width, height: rect.height, length: rgb.length } },
    );
  }
}
