import { LimpidError } from "../base/index.js";
import {
  colorModelOfProfile,
  colorSpaceOfProfile,
  decodePng,
  describeSecondPicture,
  isPng,
  readColorDescription,
  type ColorDescription,
} from "../image/index.js";
import { checkCanvasSize, type CanvasLimits } from "./canvas-limits.js";
import { embeddedProfile } from "./embedded-profile.js";
import { encodedSize } from "./encoded-size.js";
import { isAnimated } from "./is-animated.js";
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
  const notes: string[] = [];
  const color = await readColors(bytes, notes);
  if (typeof createImageBitmap === "undefined")
    throw new LimpidError(
      "UnsupportedImage",
      "this is no PNG file, and there is no browser here that decodes others",
    );
  const bitmap = await decode(bytes, color === undefined ? "default" : "none", notes);
  checkCanvasSize(bitmap.width, bitmap.height, limits);
  noteFrames(bytes, notes);
  const { colorSpace, iccProfile } = color ?? { colorSpace: "srgb", iccProfile: undefined };
  const read = await readSamples(bitmap, colorSpace, true, iccProfile);
  return { ...read, notes: [...notes, ...read.notes] };
}

/** What the numbers of the file mean; undefined if the browser is to convert them to sRGB. */
async function readColors(bytes: Uint8Array, notes: string[]): Promise<ColorDescription | undefined> {
  const described = await readColorDescription(bytes, false, notes);
  if (described !== undefined) return described.colorSpace === "srgb" ? undefined : described;
  const profile = embeddedProfile(bytes);
  if (profile === undefined || colorModelOfProfile(profile) !== "rgb") return undefined;
  return { colorSpace: colorSpaceOfProfile(profile), iccProfile: profile };
}

/** A marker that ends a JPEG file. */
const endOfJpeg = Uint8Array.of(0xff, 0xd9);

async function decode(
  bytes: Uint8Array,
  colorSpaceConversion: ColorSpaceConversion,
  notes: string[],
): Promise<ImageBitmap> {
  const options = { premultiplyAlpha: "none", colorSpaceConversion } as const;
  const decodeParts = (...parts: Uint8Array[]): Promise<ImageBitmap> =>
    createImageBitmap(new Blob(parts as Uint8Array<ArrayBuffer>[]), options);
  try {
    return await decodeParts(bytes);
  } catch (cause) {
    // A JPEG file that is cut short is shown by an <img> as far as it goes, but refused here unless it ends.
    const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
    const rest = isJpeg ? await decodeParts(bytes, endOfJpeg).catch(() => undefined) : undefined;
    if (rest === undefined) {
      throw new LimpidError("UnsupportedImage", "the browser cannot decode this image", { cause });
    }
    notes.push("cut short: what the file lacks is grey");
    return rest;
  }
}

/** Says which pictures of the file were not read. */
function noteFrames(bytes: Uint8Array, notes: string[]): void {
  if (isAnimated(bytes)) notes.push("animated: only the first frame was read");
  const second = describeSecondPicture(bytes);
  if (second !== undefined) notes.push(second);
}
