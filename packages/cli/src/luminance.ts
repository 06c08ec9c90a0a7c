import { PixelImage } from "limpid";

/**
 * An image in grey, as a mask is wanted, though many editors save it in colour.
 *
 * @param image - any image; alpha is ignored
 * @returns the image itself if it is grey, else its luminance (ITU-R BT.601), at the same bit depth
 */
export function luminanceOf(image: PixelImage): PixelImage {
  if (image.isGray) return image;
  const { width, height, channels, data } = image;
  const gray = data.slice(0, width * height);
  const round = image.bitDepth === 32 ? (value: number): number => value : Math.round;
  for (let pixel = 0; pixel < gray.length; pixel++) {
    const at = pixel * channels;
    gray[pixel] = round(0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!);
  }
  return new PixelImage({ width, height, channels: 1, data: gray });
}
