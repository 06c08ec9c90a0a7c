import { readFileSync } from "node:fs";
import { crop, decodePng, type PixelImage } from "../../src/sdk/image/index.js";

/** A small piece of a sample photo whose noise the router finds. */
export async function noisyPhoto(): Promise<PixelImage> {
  const { image } = await decodePng(readFileSync("examples/photos/noise.png"));
  return crop(image, { x: 64, y: 64, width: 96, height: 80 });
}
