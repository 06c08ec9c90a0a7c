import type * as tf from "@tensorflow/tfjs-core";
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
 * @param router - on the current tfjs backend
 * @param image - the picture
 * @returns the degradation embedding [1, embeddingSize], for the caller to dispose
 */
export function embedImage(router: CompactRouter, image: PixelImage): tf.Tensor2D {
  const { embedding, logits } = router.run(compactViews(image, router.config));
  logits.dispose();
  return embedding;
}
