import { gaussian } from "./gaussian.js";
import { luma } from "./light.js";
import { blankField, clamp, mapped, mean, type Raster } from "./raster.js";
import { resample, resize } from "./resample.js";

/**
 * Where the sky probably is: bright, smooth, bluish or grey, and joined to the upper edge. What is darker than it stands before it.
 *
 * @param x - a picture
 * @returns one channel, 0 to 1, with a soft border
 */
export function sky(x: Raster): Raster {
  const { width, height } = x;
  const small = resize(x, Math.max(8, Math.floor(width / 8)), Math.max(8, Math.floor(height / 8)));
  const region = { ...luma(small), data: joinedToTop(looksLikeSky(small), small.width) };
  const share = mean(region);
  if (share === 0) return blankField(x);
  const tone = mean(mapped(luma(small), (value, cell) => value * region.data[cell]!)) / share;
  // A cell more on each side, so that its own edge is the photograph's.
  const near = mapped(gaussian(region, 1), (value) => clamp(2 * value));
  const soft = gaussian(resample(near, width, height, "linear"), 2).data;
  return mapped(luma(x), (value, pixel) => soft[pixel]! * clamp((value - tone + 0.3) / 0.15));
}

function looksLikeSky(small: Raster): Uint8Array {
  const bright = luma(small).data;
  const smooth = gaussian(small, 1.5).data;
  const looks = new Uint8Array(bright.length);
  for (let pixel = 0, index = 0; pixel < looks.length; pixel++, index += 3) {
    const [r, g, b] = [small.data[index]!, small.data[index + 1]!, small.data[index + 2]!];
    const rough =
      (Math.abs(r - smooth[index]!) + Math.abs(g - smooth[index + 1]!) + Math.abs(b - smooth[index + 2]!)) /
      3;
    if (bright[pixel]! > 0.45 && rough < 0.025 && b > r - 0.08) looks[pixel] = 1;
  }
  return looks;
}

/** Of the pixels that are set, those that neighbours, across corners too, join to the upper edge. */
function joinedToTop(set: Uint8Array, width: number): Float32Array {
  const height = set.length / width;
  const joined = new Float32Array(set.length);
  const open: number[] = [];
  const visit = (x: number, y: number): void => {
    const pixel = y * width + x;
    if (x < 0 || y < 0 || x >= width || y >= height || set[pixel] === 0 || joined[pixel] === 1) return;
    joined[pixel] = 1;
    open.push(pixel);
  };
  for (let x = 0; x < width; x++) visit(x, 0);
  for (let pixel = open.pop(); pixel !== undefined; pixel = open.pop()) {
    const x = pixel % width;
    const y = Math.floor(pixel / width);
    for (let dy = -1; dy <= 1; dy++) for (let dx = -1; dx <= 1; dx++) visit(x + dx, y + dy);
  }
  return joined;
}
