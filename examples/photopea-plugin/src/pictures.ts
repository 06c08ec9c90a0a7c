import { readRgb, resizeArea, type PixelImage } from "limpid";

/** Longest side of a shown picture in pixels: enough for a panel on a dense screen. */
const shownSide = 1024;

/** Draws a picture, smaller if it is large. */
export function draw(canvas: HTMLCanvasElement, image: PixelImage): void {
  const scale = Math.min(1, shownSide / Math.max(image.width, image.height));
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const shown = scale < 1 ? resizeArea(image, width, height) : image;
  const rgb = readRgb(shown, { x: 0, y: 0, width, height });
  const pixels = new ImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++)
      pixels.data[pixel * 4 + channel] = rgb[pixel * 3 + channel]! * 255;
    const alpha = shown.hasAlpha ? shown.data[(pixel + 1) * shown.channels - 1]! / shown.maximum : 1;
    pixels.data[pixel * 4 + 3] = alpha * 255;
  }
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")!.putImageData(pixels, 0, 0);
}

/**
 * A restored picture at less than full strength: what a restore with that strength gives, up to rounding, without another
 * run.
 */
export function mix(before: PixelImage, after: PixelImage, strength: number): PixelImage {
  if (strength === 1) return after;
  const mixed = before.clone();
  for (let index = 0; index < mixed.data.length; index++) {
    const from = before.data[index]!;
    mixed.data[index] = Math.round(from + strength * (after.data[index]! - from));
  }
  return mixed;
}
