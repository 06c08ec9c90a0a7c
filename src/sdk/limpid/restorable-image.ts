import type { PixelImage } from "../image/index.js";
import type { RestorableImage, RestoreResult } from "../restore/index.js";

/** Reads the pixels of what a page has, as `readPixels` of `limpid/canvas` does. */
export async function pixelsOf(
  image: Exclude<RestorableImage, PixelImage>,
  signal: AbortSignal | undefined,
): Promise<PixelImage> {
  // Loaded when a page hands over something else than pixels.
  const { readPixels } = await import("../page/index.js");
  return (await readPixels(image, { signal })).image;
}

/** A result of the kind that the input was. */
export async function inKind<Image extends RestorableImage>(
  result: RestoreResult,
  input: Image,
): Promise<RestoreResult<Image>> {
  const image = isPixelImage(input)
    ? result.image
    : await (await import("../page/index.js")).writeAs(result.image, input);
  return { ...result, image: image as RestoreResult<Image>["image"] };
}

/** Whether an image is pixels in memory already; those of another copy of this package are, too. */
export function isPixelImage(image: RestorableImage): image is PixelImage {
  return "channels" in image;
}
