import { LimpidError } from "../base/index.js";
import { PixelImage, type ColorSpace } from "../image/index.js";
import { context2D, makeCanvas, readContext2D } from "./make-canvas.js";
import { readBitmap } from "./read-bitmap.js";
import type { ReadPixels } from "./read-pixels.js";
import { bitmapReadsAreExact, readsAreExact } from "./self-test.js";

/** What is said where {@link readsAreExact} is false. */
export const alteredNote = "this browser alters pixels that are read from a canvas";

/**
 * Reads what a bitmap holds.
 *
 * @param bitmap - the bitmap
 * @param colorSpace - how its numbers are to be read
 * @param isOurs - whether it is closed then
 * @param iccProfile - of the file that it was made from
 */
export async function readSamples(
  bitmap: ImageBitmap,
  colorSpace: ColorSpace,
  isOurs = false,
  iccProfile?: Uint8Array,
): Promise<ReadPixels> {
  try {
    const { width, height } = bitmap;
    const notes: string[] = [];
    let data: Uint8Array | Uint8ClampedArray | undefined = await readBitmap(bitmap);
    if (data === undefined) data = readThroughCanvas(bitmap, notes);
    else if (!(await bitmapReadsAreExact())) notes.push(alteredNote);
    return { image: new PixelImage({ width, height, channels: 4, data, colorSpace, iccProfile }), notes };
  } finally {
    if (isOurs) bitmap.close();
  }
}

/** Without WebGL there is only the 2D canvas, which is exact where the image is opaque. */
function readThroughCanvas(bitmap: ImageBitmap, notes: string[]): Uint8ClampedArray {
  const context = context2D(makeCanvas(bitmap.width, bitmap.height), { willReadFrequently: true });
  if (context === undefined)
    throw new LimpidError("NotSupported", "this browser has neither WebGL nor a 2D canvas");
  context.drawImage(bitmap, 0, 0);
  const { data } = readContext2D(context);
  if (data.some((value, index) => index % 4 === 3 && value < 255)) {
    notes.push("colours of transparent pixels were rounded");
  }
  if (!readsAreExact()) notes.push(alteredNote);
  return data;
}
