import { PixelImage, readRgb } from "../../image/index.js";
import { roundTripJpeg, type ChromaSubsampling } from "./jpeg-round-trip.js";
import type { RandomSource } from "./random-source.js";
import { lerp, type Recipe } from "./recipe.js";
import type { RgbImage } from "./rgb-image.js";

/**
 * JPEG compression at quality 60 down to 5, evenly spread on a logarithmic scale; three in four with colour at half
 * resolution. The grid of blocks begins anywhere, as in a picture that was cropped since, and one picture in four was
 * compressed once before at a like or better quality: y = JPEG(shift(JPEG(x, q1)), q2), as in FBCNN.
 */
export const jpeg: Recipe = {
  degradation: "jpeg",
  apply(image, severity, source) {
    const quality = Math.round(Math.exp(lerp(Math.log(60), Math.log(5), severity)));
    const subsampling = source.chance(0.75) ? "4:2:0" : "4:4:4";
    const earlier = source.chance(0.25)
      ? compressOffGrid(image, Math.min(95, quality + source.integer(0, 30)), subsampling, source)
      : image;
    return compressOffGrid(earlier, quality, subsampling, source);
  },
};

/** Compresses with the grid of blocks beginning up to seven pixels before the picture. */
function compressOffGrid(
  { width, height, rgb }: RgbImage,
  quality: number,
  subsampling: ChromaSubsampling,
  source: RandomSource,
): RgbImage {
  const left = source.integer(0, 7);
  const top = source.integer(0, 7);
  const picture = new PixelImage({ width, height, channels: 3, data: rgb });
  const larger = { width: width + left, height: height + top };
  const data = readRgb(picture, { x: -left, y: -top, ...larger });
  const compressed = roundTripJpeg(new PixelImage({ ...larger, channels: 3, data }), quality, subsampling);
  return { width, height, rgb: readRgb(compressed, { x: left, y: top, width, height }) };
}
