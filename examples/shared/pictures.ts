import type { PixelImage } from "limpid";
import { readRgb, resizeArea } from "limpid/network";

/** Longest side of a shown picture in pixels: enough for a panel on a dense screen. */
const shownSide = 1024;

/**
 * Draws a picture, smaller if it is large.
 *
 * @param longestSide - in pixels, of what is drawn
 */
export function draw(canvas: HTMLCanvasElement, image: PixelImage, longestSide = shownSide): void {
  const scale = Math.min(1, longestSide / Math.max(image.width, image.height));
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const rgb = scale < 1 ? resizeArea(image, width, height) : readRgb(image, { x: 0, y: 0, width, height });
  const colorSpace = image.colorSpace === "display-p3" ? "display-p3" : "srgb";
  const pixels = new ImageData(width, height, { colorSpace });
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++)
      pixels.data[pixel * 4 + channel] = rgb[pixel * 3 + channel]! * 255;
    pixels.data[pixel * 4 + 3] =
      alphaAt(image, (pixel % width) / width, Math.floor(pixel / width) / height) * 255;
  }
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d", { colorSpace })!.putImageData(pixels, 0, 0);
}

/** Opacity, 0 to 1, at a place given as shares of width and height. */
function alphaAt(
  { hasAlpha, width, height, channels, data, maximum }: PixelImage,
  u: number,
  v: number,
): number {
  if (!hasAlpha) return 1;
  const pixel = Math.floor(v * height) * width + Math.floor(u * width);
  return data[(pixel + 1) * channels - 1]! / maximum;
}
