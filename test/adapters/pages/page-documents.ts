import { decodePng, encodePng, PixelImage } from "../../../src/sdk/image/index.js";

/** An image as a person's `<img>`: a PNG file, loaded. */
export async function toImg(image: PixelImage): Promise<HTMLImageElement> {
  return loadImg(await encodePng(image), "image/png");
}

/** A file as a person's `<img>`. */
export async function loadImg(bytes: Uint8Array, type: string): Promise<HTMLImageElement> {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  const element = document.createElement("img");
  element.src = `data:${type};base64,${btoa(binary)}`;
  await element.decode();
  return element;
}

/** What an element holds, read without Limpid's adapters: a canvas by its own means, an `<img>` from its file. */
export async function pixelsOf(
  element: HTMLCanvasElement | OffscreenCanvas | HTMLImageElement,
): Promise<PixelImage> {
  // Not by its class: it may be of a frame.
  if ("src" in element) {
    const base64 = element.src.slice(element.src.indexOf(",") + 1);
    return (await decodePng(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)))).image;
  }
  const context = element.getContext("2d") as CanvasRenderingContext2D;
  const colorSpace = context.getContextAttributes().colorSpace ?? "srgb";
  return PixelImage.fromImageData(
    context.getImageData(0, 0, element.width, element.height, {
      colorSpace: colorSpace,
    }),
  );
}

/** A canvas of 64 x 32 pixels in eight coloured stripes. */
export function stripedCanvas(): HTMLCanvasElement {
  const element = document.createElement("canvas");
  [element.width, element.height] = [64, 32];
  const context = element.getContext("2d")!;
  for (let x = 0; x < 64; x += 8) {
    context.fillStyle = `rgb(${x * 4} ${255 - x * 3} ${(x * 7) % 256})`;
    context.fillRect(x, 0, 8, 32);
  }
  return element;
}

/** The element's picture with another upper left pixel, as a new canvas. */
export function paintedCopy(
  element: CanvasImageSource & { width: number; height: number },
): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = element.width;
  canvas.height = element.height;
  const context = canvas.getContext("2d")!;
  context.drawImage(element, 0, 0);
  context.fillStyle = "#123456";
  context.fillRect(0, 0, 1, 1);
  return canvas;
}
