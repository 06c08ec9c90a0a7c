import { allocateSamples, type PixelImage } from "./pixel-image.js";

/**
 * The same picture with another number of bits per sample, rounded to nearest; floats are clamped to 0..1. Going to
 * more bits and back gives the same samples.
 *
 * @param image - any image
 * @param bitDepth - bits per sample of the result; 32 means floats
 * @returns a new image; `image` itself if it already has that depth
 */
export function convertBitDepth(image: PixelImage, bitDepth: 8 | 16 | 32): PixelImage {
  if (image.bitDepth === bitDepth) return image;
  const { data, maximum } = image;
  const converted = allocateSamples(bitDepth, data.length);
  const target = bitDepth === 8 ? 255 : bitDepth === 16 ? 65535 : 1;
  for (let index = 0; index < data.length; index++) {
    const value = data[index]! / maximum;
    converted[index] = target === 1 ? value : value > 0 ? Math.floor(Math.min(value, 1) * target + 0.5) : 0;
  }
  return image.withData(converted);
}
