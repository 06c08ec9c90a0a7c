import { crop, type PixelImage } from "limpid";

/** Some rows of a photo for a canvas; without a copy where its samples lie as a canvas has them. */
export function imageDataOf(image: PixelImage, y = 0, height = image.height): ImageData {
  const { width, channels, data } = image;
  if (channels === 4 && data instanceof Uint8Array && data.buffer instanceof ArrayBuffer) {
    const start = data.byteOffset + y * width * 4;
    const samples = new Uint8ClampedArray(data.buffer, start, height * width * 4);
    const colorSpace = image.colorSpace === "display-p3" ? "display-p3" : "srgb";
    return new ImageData(samples, width, height, { colorSpace });
  }
  return crop(image, { x: 0, y, width, height }).toImageData();
}
