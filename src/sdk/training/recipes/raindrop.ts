import { convolve } from "./convolve.js";
import { separateGaussian } from "./kernel.js";
import type { RandomSource } from "./random-source.js";
import { lerp, type Recipe } from "./recipe.js";
import type { RgbImage } from "./rgb-image.js";

/** The most drops on one picture. */
const maximumCount = 250;

/** What the drops do to each pixel; all [height, width]. */
interface Drops {
  /** How much of the pixel is behind water, 0..1. */
  readonly cover: Float32Array;
  /** How far to the right of the pixel the light comes from, in pixels. */
  readonly offsetX: Float32Array;
  /** How far below it. */
  readonly offsetY: Float32Array;
  /** Light that the drop adds or takes. */
  readonly shine: Float32Array;
}

/**
 * Water drops on the lens, covering 4 to 30 % of the picture. Each is a round lens that shows the scene upside down,
 * smaller and blurred, with a soft edge and a little shine.
 */
export const raindrop: Recipe = {
  degradation: "raindrop",
  apply(image, severity, source) {
    const { width, height, rgb } = image;
    const scale = Math.max(0.35, Math.min(width, height) / 400);
    const drops = placeDrops(width, height, scale, lerp(0.04, 0.3, severity), source);
    const { row, column } = separateGaussian(source.uniform(0.8, 2.5) * Math.max(1, scale));
    const scene = convolve(convolve(image, row), column);
    const opacity = source.uniform(0.75, 0.98);
    const wet = rgb.slice();
    const color = new Float64Array(3);
    for (let pixel = 0; pixel < drops.cover.length; pixel++) {
      const share = drops.cover[pixel]! * opacity;
      if (share === 0) continue;
      const x = (pixel % width) + drops.offsetX[pixel]!;
      const y = Math.floor(pixel / width) + drops.offsetY[pixel]!;
      sampleReflected(scene, x, y, color);
      for (let channel = 0; channel < 3; channel++) {
        const refracted = Math.min(Math.max(color[channel]! + drops.shine[pixel]!, 0), 1);
        wet[pixel * 3 + channel] = rgb[pixel * 3 + channel]! * (1 - share) + refracted * share;
      }
    }
    return { width, height, rgb: wet };
  },
};

function placeDrops(
  width: number,
  height: number,
  scale: number,
  coverage: number,
  source: RandomSource,
): Drops {
  const plane = (): Float32Array => new Float32Array(width * height);
  const drops: Drops = { cover: plane(), offsetX: plane(), offsetY: plane(), shine: plane() };
  const meanRadius = source.uniform(7, 16) * scale;
  const count = Math.max(1, Math.round((coverage * width * height) / (Math.PI * meanRadius ** 2)));
  for (let drop = Math.min(count, maximumCount); drop > 0; drop--) {
    placeDrop(drops, width, height, meanRadius * source.uniform(0.5, 1.7), source);
  }
  return drops;
}

/** Lays one drop over those before it. */
function placeDrop(drops: Drops, width: number, height: number, radius: number, source: RandomSource): void {
  const { cover, offsetX, offsetY, shine } = drops;
  const centerX = source.uniform(0, width);
  const centerY = source.uniform(0, height);
  const stretch = source.uniform(1, 1.4);
  const softness = source.uniform(0.1, 0.35);
  const magnification = 1 + source.uniform(1.2, 2.6);
  const light = source.uniform(-0.08, 0.12);
  const reach = Math.ceil(radius * 1.6 + 2);
  const right = Math.min(width - 1, Math.floor(centerX) + reach);
  const bottom = Math.min(height - 1, Math.floor(centerY) + reach);
  for (let y = Math.max(0, Math.floor(centerY) - reach); y <= bottom; y++) {
    for (let x = Math.max(0, Math.floor(centerX) - reach); x <= right; x++) {
      const dx = x - centerX;
      const dy = y - centerY;
      const distance = Math.hypot(dx, dy / stretch) / radius;
      const water = Math.min(Math.max((1 - distance) / softness + 0.5, 0), 1);
      const pixel = y * width + x;
      if (water <= cover[pixel]!) continue;
      cover[pixel] = water;
      offsetX[pixel] = -dx * magnification;
      offsetY[pixel] = -dy * magnification;
      shine[pixel] = light * (1 - Math.min(distance, 1));
    }
  }
}

/** Reads a colour between pixels, bilinearly; outside, the picture is mirrored about its outermost pixels. */
function sampleReflected({ width, height, rgb }: RgbImage, x: number, y: number, out: Float64Array): void {
  const u = reflect(x, width - 1);
  const v = reflect(y, height - 1);
  const left = Math.floor(u);
  const top = Math.floor(v);
  const right = Math.min(left + 1, width - 1);
  const bottom = Math.min(top + 1, height - 1);
  const shareX = u - left;
  const shareY = v - top;
  for (let channel = 0; channel < 3; channel++) {
    const at = (row: number, column: number): number => rgb[(row * width + column) * 3 + channel]!;
    const upper = at(top, left) * (1 - shareX) + at(top, right) * shareX;
    const lower = at(bottom, left) * (1 - shareX) + at(bottom, right) * shareX;
    out[channel] = upper * (1 - shareY) + lower * shareY;
  }
}

function reflect(position: number, last: number): number {
  if (last === 0) return 0;
  const phase = Math.abs(position) % (2 * last);
  return phase <= last ? phase : 2 * last - phase;
}
