import { context2D, makeCanvas } from "./make-canvas.js";
import { readBitmap } from "./read-bitmap.js";

/** Side of the picture that is drawn and read back, in pixels. */
const side = 64;

let known: boolean | undefined;
let knownOfBitmaps: Promise<boolean> | undefined;

/**
 * Whether pixels come back from a canvas as they were drawn. Some browsers add noise to what is read, so that pages cannot
 * recognise a machine by it: Brave, Firefox in private windows, extensions. Tried once for a page, with known pixels.
 *
 * @param isFresh - whether to try again
 * @returns true if every one of 4096 opaque pixels came back; false if the browser alters them, or has no 2D canvas
 */
export function readsAreExact(isFresh = false): boolean {
  if (known !== undefined && !isFresh) return known;
  known = tryReading();
  return known;
}

/**
 * The same for bitmaps, which are read through WebGL: with alpha from 0 to 255, as they keep it. Tried once for a page.
 *
 * @param isFresh - whether to try again
 * @returns true if every one of 4096 pixels came back, or if there is no WebGL to read them by
 */
export function bitmapReadsAreExact(isFresh = false): Promise<boolean> {
  if (knownOfBitmaps === undefined || isFresh) knownOfBitmaps = tryReadingBitmap();
  return knownOfBitmaps;
}

function tryReading(): boolean {
  const context = context2D(makeCanvas(side, side), { willReadFrequently: true });
  if (context === undefined) return false;
  const drawn = knownPixels();
  for (let index = 3; index < drawn.data.length; index += 4) drawn.data[index] = 255;
  context.putImageData(drawn, 0, 0);
  const read = context.getImageData(0, 0, side, side).data;
  return drawn.data.every((value, index) => value === read[index]);
}

async function tryReadingBitmap(): Promise<boolean> {
  const drawn = knownPixels();
  const bitmap = await createImageBitmap(drawn, { premultiplyAlpha: "none" });
  const read = await readBitmap(bitmap);
  bitmap.close();
  return read === undefined || drawn.data.every((value, index) => value === read[index]);
}

function knownPixels(): ImageData {
  const pixels = new ImageData(side, side);
  let state = 1;
  for (let index = 0; index < pixels.data.length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    pixels.data[index] = state >>> 24;
  }
  return pixels;
}
