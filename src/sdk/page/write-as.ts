import { encodePng, type PixelImage } from "../image/index.js";
import type { AnyCanvas } from "./make-canvas.js";
import { drawPixels } from "./write-pixels.js";

/**
 * Makes something new of the kind of an example: a PNG file for a file, image data, a bitmap, or a canvas.
 *
 * @param image - the pixels
 * @param example - says which kind; not changed
 * @throws {@link LimpidError} `NotSupported` for colours of an ICC profile, unless a file is wanted; `OutOfMemory`
 */
export async function writeAs(
  image: PixelImage,
  example: Blob | ImageData | ImageBitmap | AnyCanvas,
): Promise<Blob | ImageData | ImageBitmap | AnyCanvas> {
  // By name, since an object of a frame is of another class.
  switch (Object.prototype.toString.call(example).slice(8, -1)) {
    case "Blob":
    case "File":
      return new Blob([new Uint8Array(await encodePng(image))], { type: "image/png" });
    case "ImageData":
      return image.toImageData();
    case "ImageBitmap":
      return createImageBitmap(image.toImageData(), { premultiplyAlpha: "none" });
    case "HTMLCanvasElement": {
      const canvas = (example as HTMLCanvasElement).ownerDocument.createElement("canvas");
      drawPixels(canvas, image);
      return canvas;
    }
    default: {
      const canvas = new OffscreenCanvas(image.width, image.height);
      drawPixels(canvas, image);
      return canvas;
    }
  }
}
