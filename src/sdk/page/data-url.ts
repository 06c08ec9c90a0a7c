import { LimpidError } from "../base/index.js";
import { encodePng, type PixelImage } from "../image/index.js";

/**
 * An image as the address of a PNG file.
 *
 * @param image - the pixels; every bit of them is kept
 * @returns a `data:` address
 * @throws {@link LimpidError} `OutOfMemory`
 */
export async function dataUrlOf(image: PixelImage): Promise<string> {
  const file = new Blob([await encodePng(image)], { type: "image/png" });
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(new LimpidError("OutOfMemory", "the image cannot be kept in an address"));
    reader.readAsDataURL(file);
  });
}
