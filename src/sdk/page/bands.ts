import { throwIfAborted } from "../base/index.js";
import { Pace } from "../engine/index.js";

/** Bytes that are worked on at once: a browser reads or writes so many of a canvas in a millisecond or two. */
const bandBytes = 1 << 20;

/**
 * Works through pixels a band of rows at a time, so that the page's own tasks get their turn in between.
 *
 * @param height - rows in all
 * @param rowBytes - bytes of a row
 * @param visit - works on `rows` rows from row `top` on; one that returns false is the last
 * @param signal - gives up when it fires
 * @returns whether every band was worked on
 * @throws {@link LimpidError} `Aborted`; and what `visit` throws
 */
export async function visitBands(
  height: number,
  rowBytes: number,
  visit: (top: number, rows: number) => unknown,
  signal?: AbortSignal,
): Promise<boolean> {
  const most = Math.max(1, Math.floor(bandBytes / rowBytes));
  const pace = new Pace(8);
  for (let top = 0; top < height; top += most) {
    if (visit(top, Math.min(most, height - top)) === false) return false;
    if (await pace.breathe()) throwIfAborted(signal);
  }
  return true;
}

/**
 * Copies bytes, a band at a time.
 *
 * @param source - is not changed
 * @param signal - gives up when it fires
 * @returns bytes of their own
 * @throws {@link LimpidError} `Aborted`
 */
export async function copyBands(source: ArrayBufferView, signal?: AbortSignal): Promise<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = source;
  const copy = new Uint8Array(byteLength);
  await visitBands(
    byteLength,
    1,
    (start, count) => copy.set(new Uint8Array(buffer, byteOffset + start, count), start),
    signal,
  );
  return copy.buffer;
}
