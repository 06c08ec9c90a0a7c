import type { Raster } from "./raster.js";

/** How samples between the pixels are found: by the mean of the area, or from two, four or eight neighbours each way. */
export type Interpolation = "area" | "linear" | "cubic" | "lanczos";

/** By area when it shrinks, bicubic when it grows. */
export function resize(x: Raster, width: number, height: number): Raster {
  return resample(x, width, height, width * height < x.width * x.height ? "area" : "cubic");
}

/**
 * Gives a raster another size; outside it the nearest edge pixel is repeated.
 *
 * @param x - any channels; not changed
 * @param width - the new width
 * @param height - the new height
 * @param interpolation - `area` is meant for shrinking; the others look at their neighbours only, whatever the factor
 * @returns a new raster; cubic and Lanczos may overshoot
 */
export function resample(x: Raster, width: number, height: number, interpolation: Interpolation): Raster {
  const { channels } = x;
  const columns = tapsOf(x.width, width, interpolation);
  const widened = new Float32Array(x.height * width * channels);
  for (let y = 0; y < x.height; y++) {
    const row = y * x.width * channels;
    for (let column = 0, to = y * width * channels; column < width; column++) {
      const { at, weights } = columns[column]!;
      for (let channel = 0; channel < channels; channel++, to++) {
        let sum = 0;
        for (let tap = 0; tap < at.length; tap++) {
          sum += weights[tap]! * x.data[row + at[tap]! * channels + channel]!;
        }
        widened[to] = sum;
      }
    }
  }
  const line = width * channels;
  const data = new Float32Array(height * line);
  tapsOf(x.height, height, interpolation).forEach(({ at, weights }, y) => {
    const out = data.subarray(y * line, (y + 1) * line);
    for (let tap = 0; tap < at.length; tap++) {
      const row = widened.subarray(at[tap]! * line, (at[tap]! + 1) * line);
      const weight = weights[tap]!;
      for (let index = 0; index < line; index++) out[index]! += weight * row[index]!;
    }
  });
  return { width, height, channels, data };
}

/**
 * Draws a raster anew, each pixel from another place, bilinearly.
 *
 * @param x - any channels; not changed
 * @param placeOf - sets `out` to where the pixel's samples come from, in pixels, (0, 0) being the first pixel's centre
 * @param border - what is outside: the nearest edge pixel, or the picture mirrored about its outermost pixels
 * @param size - of the new raster; that of `x` if not given
 * @returns a new raster
 */
export function remapped(
  x: Raster,
  placeOf: (x: number, y: number, out: Point) => void,
  border: "replicate" | "reflect",
  size: { readonly width: number; readonly height: number } = x,
): Raster {
  const { width, height, channels } = x;
  const data = new Float32Array(size.width * size.height * channels);
  const place = { x: 0, y: 0 };
  for (let row = 0, to = 0; row < size.height; row++) {
    for (let column = 0; column < size.width; column++, to += channels) {
      placeOf(column, row, place);
      const u = border === "reflect" ? reflect(place.x, width - 1) : held(place.x, width - 1);
      const v = border === "reflect" ? reflect(place.y, height - 1) : held(place.y, height - 1);
      const left = Math.floor(u);
      const top = Math.floor(v);
      const shareX = u - left;
      const shareY = v - top;
      const upper = (top * width + left) * channels;
      const right = left + 1 < width ? channels : 0;
      const lower = top + 1 < height ? width * channels : 0;
      for (let channel = 0; channel < channels; channel++) {
        const from = upper + channel;
        const above = x.data[from]! * (1 - shareX) + x.data[from + right]! * shareX;
        const below = x.data[from + lower]! * (1 - shareX) + x.data[from + lower + right]! * shareX;
        data[to + channel] = above * (1 - shareY) + below * shareY;
      }
    }
  }
  return { width: size.width, height: size.height, channels, data };
}

/** A place between pixels. */
export interface Point {
  /** To the right. */
  x: number;
  /** Downwards. */
  y: number;
}

/** Where an output sample looks, and with which weights. */
interface Taps {
  readonly at: Int32Array;
  readonly weights: Float64Array;
}

function tapsOf(from: number, to: number, interpolation: Interpolation): Taps[] {
  const scale = from / to;
  return Array.from({ length: to }, (_, index) => {
    if (interpolation === "area" && scale > 1) return areaTaps(index * scale, (index + 1) * scale, from);
    const place = (index + 0.5) * scale - 0.5;
    const first = Math.floor(place);
    const offset = place - first;
    if (interpolation === "cubic") return edgeTaps(first - 1, cubicWeights(offset), from);
    if (interpolation === "lanczos") return edgeTaps(first - 3, lanczosWeights(offset), from);
    return edgeTaps(first, [1 - offset, offset], from);
  });
}

/** Each pixel by how much of it lies between two places. */
function areaTaps(start: number, end: number, length: number): Taps {
  const first = Math.floor(start);
  const last = Math.min(Math.ceil(end - 1e-9), length);
  const count = Math.max(1, last - first);
  const weights = Float64Array.from({ length: count }, (_, tap) => {
    const pixel = first + tap;
    return (Math.min(pixel + 1, end) - Math.max(pixel, start)) / (end - start);
  });
  return { at: Int32Array.from({ length: count }, (_, tap) => first + tap), weights };
}

function edgeTaps(first: number, weights: readonly number[], length: number): Taps {
  const at = Int32Array.from(weights, (_, tap) => Math.min(Math.max(first + tap, 0), length - 1));
  return { at, weights: Float64Array.from(weights) };
}

/** Weights of Keys's cubic convolution with a = -0.75 at the four neighbours of a point at offset t from the second. */
function cubicWeights(t: number): number[] {
  const a = -0.75;
  const near = (d: number): number => ((a + 2) * d - (a + 3)) * d * d + 1;
  const far = (d: number): number => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return [far(1 + t), near(t), near(1 - t), far(2 - t)];
}

/** Lanczos's windowed sinc over eight neighbours of a point at offset t from the fourth. */
function lanczosWeights(t: number): number[] {
  const sinc = (d: number): number => (d === 0 ? 1 : Math.sin(Math.PI * d) / (Math.PI * d));
  const weights = [-3, -2, -1, 0, 1, 2, 3, 4].map((tap) => sinc(tap - t) * sinc((tap - t) / 4));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function held(position: number, last: number): number {
  return position > 0 ? Math.min(position, last) : 0;
}

function reflect(position: number, last: number): number {
  if (last === 0) return 0;
  const phase = Math.abs(position) % (2 * last);
  return phase <= last ? phase : 2 * last - phase;
}
