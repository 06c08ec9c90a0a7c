/** Samples in rows: a picture with three channels in sRGB or in linear light, or a mask or field with one. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  /** Samples per pixel. */
  readonly channels: number;
  /** [height, width, channels], row-major; 0..1 where nothing else is said. */
  readonly data: Float32Array;
}

/** A raster of one channel that is zero all over, to be drawn on. */
export function blankField({ width, height }: { width: number; height: number }): Raster {
  return { width, height, channels: 1, data: new Float32Array(width * height) };
}

/** A new raster of one channel, computed from the place of each pixel. */
export function fieldOf(
  { width, height }: { width: number; height: number },
  valueAt: (x: number, y: number, pixel: number) => number,
): Raster {
  const data = new Float32Array(width * height);
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) data[pixel] = valueAt(x, y, pixel);
  }
  return { width, height, channels: 1, data };
}

/** A new raster of the same shape, computed sample by sample. */
export function mapped(x: Raster, valueOf: (value: number, index: number) => number): Raster {
  const data = new Float32Array(x.data.length);
  for (let index = 0; index < data.length; index++) data[index] = valueOf(x.data[index]!, index);
  return { ...x, data };
}

/**
 * Lays one picture over another: x (1 - share) + over share.
 *
 * @param x - a picture of three channels
 * @param share - how much of it is covered, one channel
 * @param over - one colour, or a picture of the same size
 * @returns a new picture
 */
export function blended(x: Raster, share: Raster, over: readonly number[] | Raster): Raster {
  if (!("data" in over)) {
    return mapped(x, (value, index) => {
      const amount = share.data[(index / 3) | 0]!;
      return value + amount * (over[index % 3]! - value);
    });
  }
  return mapped(x, (value, index) => value + share.data[(index / 3) | 0]! * (over.data[index]! - value));
}

/** The standard deviation of every `step`-th pixel both ways, over all channels. */
export function deviation({ width, height, channels, data }: Raster, step: number): number {
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (let y = 0; y < height; y += step) {
    for (let x = 0; x < width; x += step) {
      const first = (y * width + x) * channels;
      for (let index = first; index < first + channels; index++) {
        sum += data[index]!;
        squares += data[index]! ** 2;
        count++;
      }
    }
  }
  return Math.sqrt(Math.max(squares / count - (sum / count) ** 2, 0));
}

/** The mean of all samples. */
export function mean({ data }: Raster): number {
  let sum = 0;
  for (let index = 0; index < data.length; index++) sum += data[index]!;
  return sum / data.length;
}

/** A number held within 0..1. */
export function clamp(value: number): number {
  return value > 0 ? (value < 1 ? value : 1) : 0;
}
