import { LimpidError } from "../../sdk/base/index.js";
import type { PixelImage } from "../../sdk/image/index.js";
import { context2D, type AnyCanvas } from "./make-canvas.js";

/** Whether every pixel is opaque. */
function isOpaque({ hasAlpha, channels, data, maximum }: PixelImage): boolean {
  if (!hasAlpha) return true;
  for (let index = channels - 1; index < data.length; index += channels) {
    if (data[index] !== maximum) return false;
  }
  return true;
}

/**
 * Makes an element that a page or a canvas library can draw and that still holds the pixels bit for bit: a canvas if they are
 * opaque, else an `<img>` with a PNG in its address, since a canvas would premultiply them. 16 bits and profiles stay, too,
 * in an `<img>`.
 *
 * @param image - the pixels
 * @returns the element, loaded
 * @throws {@link LimpidError} `OutOfMemory`; `HostFailed` if the page's policy forbids images from `data:` addresses
 */
export async function toElement(image: PixelImage): Promise<HTMLCanvasElement | HTMLImageElement> {
  if (image.bitDepth === 8 && image.colorSpace !== "icc" && isOpaque(image)) {
    const canvas = document.createElement("canvas");
    drawPixels(canvas, image);
    return canvas;
  }
  return toImageElement(image, document);
}

/**
 * The pixels as an `<img>` with a PNG in its address, bit for bit.
 *
 * @param image - the pixels
 * @param owner - whose element it is to be: the page's, or a frame's
 * @returns the element, loaded
 * @throws {@link LimpidError} `OutOfMemory`; `HostFailed` if the owner's policy forbids images from `data:` addresses
 */
export async function toImageElement(image: PixelImage, owner: Document): Promise<HTMLImageElement> {
  const element = owner.createElement("img");
  element.src = await toDataUrl(image);
  try {
    await element.decode();
  } catch (cause) {
    throw new LimpidError(
      "HostFailed",
      "the browser does not load an image from a data: address; allow img-src data:",
      {
        cause,
      },
    );
  }
  return element;
}

/** The pixels as the address of a PNG file. The encoder is loaded by the first page that needs it. */
export async function toDataUrl(image: PixelImage): Promise<string> {
  return (await import("./data-url.js")).dataUrlOf(image);
}

/**
 * Puts pixels on a canvas in place of what is there; the canvas takes their size.
 *
 * @param canvas - with a 2D context, or none yet
 * @param image - sRGB or Display P3; a canvas that has a context already keeps its colour space
 * @throws {@link LimpidError} `NotSupported` if the canvas has a context of another kind
 */
export function drawPixels(canvas: AnyCanvas, image: PixelImage): void {
  const colorSpace = image.colorSpace === "display-p3" ? "display-p3" : "srgb";
  const context = context2D(canvas, { colorSpace });
  if (context === undefined)
    throw new LimpidError("NotSupported", "this canvas has a context that is not 2D");
  const pixels = image.toImageData();
  if (canvas.width !== image.width) canvas.width = image.width;
  if (canvas.height !== image.height) canvas.height = image.height;
  context.putImageData(pixels, 0, 0);
}
