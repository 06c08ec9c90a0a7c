import { LimpidError } from "../base/index.js";
import { colorModelOfProfile, colorSpaceOfProfile, decodePng, isPng } from "../image/index.js";
import { checkCanvasSize, type CanvasLimits } from "./canvas-limits.js";
import { embeddedProfile } from "./embedded-profile.js";
import { encodedSize } from "./encoded-size.js";
import type { ReadPixels } from "./read-pixels.js";
import { readSamples } from "./read-samples.js";

/**
 * Decodes a file: PNG by Limpid itself, the others by the browser, which applies their EXIF orientation.
 *
 * @param bytes - the file
 * @param limits - what the page's canvases can take
 * @param signal - gives up when it fires
 * @returns the pixels, and notes on what was lost
 * @throws {@link LimpidError} `EmptyFile`, `ImageTooLarge`, `UnsupportedImage`, `CorruptImage`, `Aborted`
 */
export async function readFile(
  bytes: Uint8Array,
  limits: CanvasLimits,
  signal: AbortSignal | undefined,
): Promise<ReadPixels> {
  if (bytes.length === 0) throw new LimpidError("EmptyFile", "the image file is empty");
  if (isPng(bytes)) {
    const decoded = await decodePng(bytes, { maximumPixels: limits.maximumPixels, signal });
    checkCanvasSize(decoded.image.width, decoded.image.height, limits);
    return decoded;
  }
  const size = encodedSize(bytes);
  if (size !== undefined) checkCanvasSize(size.width, size.height, limits);
  const profile = embeddedProfile(bytes);
  const isKept = profile !== undefined && colorModelOfProfile(profile) === "rgb";
  if (typeof createImageBitmap === "undefined")
    throw new LimpidError(
      "UnsupportedImage",
      "this is no PNG file, and there is no browser here that decodes others",
    );
  const blob = new Blob([bytes as Uint8Array<ArrayBuffer>]);
  const bitmap = await createImageBitmap(blob, {
    premultiplyAlpha: "none",
    colorSpaceConversion: isKept ? "none" : "default",
  }).catch((cause: unknown) => {
    throw new LimpidError("UnsupportedImage", "the browser cannot decode this image", { cause });
  });
  checkCanvasSize(bitmap.width, bitmap.height, limits);
  const color = isKept ? colorSpaceOfProfile(profile) : "srgb";
  return readSamples(bitmap, color, true, isKept ? profile : undefined);
}
