import { context2D, makeCanvas } from "./make-canvas.js";

/** Side of the picture that is drawn and read back, in pixels. */
const side = 64;

let known: boolean | undefined;

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

function tryReading(): boolean {
  const context = context2D(makeCanvas(side, side), { willReadFrequently: true });
  if (context === undefined) return false;
  const drawn = context.createImageData(side, side);
  let state = 1;
  for (let index = 0; index < drawn.data.length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    drawn.data[index] = index % 4 === 3 ? 255 : state >>> 24;
  }
  context.putImageData(drawn, 0, 0);
  const read = context.getImageData(0, 0, side, side).data;
  return drawn.data.every((value, index) => value === read[index]);
}
