import { PixelImage } from "../image/index.js";
import { compactViews, type CompactRouter } from "../router/index.js";
import type { RgbImage } from "./recipes/index.js";

/** A picture of floats as the rest of the SDK takes it; shares the memory. */
export function asPixelImage({ width, height, rgb }: RgbImage): PixelImage {
  return new PixelImage({ width, height, channels: 3, data: rgb });
}

/**
 * What the router says of a picture, for the backbone.
 *
 * @returns the degradation embedding, [embeddingSize]
 */
export async function embedImage(router: CompactRouter, image: PixelImage): Promise<Float32Array> {
  const [output] = await router.run(compactViews(image, router.config));
  return output!.embedding;
}
