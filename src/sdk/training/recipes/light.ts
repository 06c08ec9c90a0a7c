import { clamp, mapped, type Raster } from "./raster.js";

/** sRGB to linear light by a cubic, within 0.002. */
export function linear(x: Raster): Raster {
  return mapped(x, (value) => value * (value * (value * 0.305306011 + 0.682171111) + 0.012522878));
}

/** Linear light to sRGB by roots, within 0.005 and the inverse of {@link linear}; clips to 0..1. */
export function coded(light: Raster): Raster {
  return mapped(light, codedSample);
}

/** One sample of {@link coded}. */
export function codedSample(value: number): number {
  const light = clamp(value);
  const root = Math.sqrt(light);
  const fourth = Math.sqrt(root);
  const eighth = Math.sqrt(fourth);
  return clamp(0.662002687 * root + 0.68412206 * fourth - 0.323583601 * eighth - 0.022541147 * light);
}

/** How bright each pixel of a picture is: 0.299 R + 0.587 G + 0.114 B. */
export function luma({ width, height, data }: Raster): Raster {
  const result = new Float32Array(width * height);
  for (let pixel = 0, index = 0; pixel < result.length; pixel++, index += 3) {
    result[pixel] = 0.299 * data[index]! + 0.587 * data[index + 1]! + 0.114 * data[index + 2]!;
  }
  return { width, height, channels: 1, data: result };
}

/** Whether a picture has no colour, as far as every seventh pixel shows. */
export function isGrey({ width, height, data }: Raster): boolean {
  for (let y = 0; y < height; y += 7) {
    for (let x = 0; x < width; x += 7) {
      const index = (y * width + x) * 3;
      const r = data[index]!;
      const g = data[index + 1]!;
      const b = data[index + 2]!;
      if (Math.max(r, g, b) - Math.min(r, g, b) >= 0.012) return false;
    }
  }
  return true;
}
