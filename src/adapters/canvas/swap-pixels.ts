import type { PixelImage } from "../../sdk/image/index.js";
import { type Rgba, rgbaOf, visitBands } from "../../sdk/page/index.js";

/** Pixels that are read and written a band of rows at a time, such as those of a canvas: 8-bit RGBA with straight alpha. */
export interface BandedPixels {
  /** In pixels, as it is now. */
  readonly width: number;
  /** In pixels, as it is now. */
  readonly height: number;
  /** Reads rows into samples of their own. */
  read(top: number, rows: number): Rgba;
  /** Writes whole rows. */
  write(samples: Rgba, top: number, rows: number): void;
}

/**
 * Puts pixels in place of others. Each band is compared and replaced in one task, so that what somebody paints meanwhile is not
 * overwritten: then what was replaced is put back, but for the pixels that were painted.
 *
 * @param expected - what must be there, 8-bit RGBA
 * @param next - what comes there, of the same size
 * @returns what is there now, which a canvas may have rounded; undefined if something else was there
 */
export async function swapPixels(
  pixels: BandedPixels,
  expected: PixelImage,
  next: PixelImage,
): Promise<PixelImage | undefined> {
  const { width, height } = expected;
  const rowBytes = width * 4;
  const isThere = (top: number, rows: number): boolean => {
    if (pixels.width !== width || pixels.height !== height) return false;
    const wanted = rgbaOf(expected, top, rows);
    const now = pixels.read(top, rows);
    for (let index = 0; index < now.length; index++) if (now[index] !== wanted[index]) return false;
    return true;
  };
  // All are looked at first, so that a result that has no place is not seen for a moment.
  if (!(await visitBands(height, rowBytes, isThere))) return undefined;
  const written = new Uint8Array(rowBytes * height);
  let end = 0;
  const isWhole = await visitBands(height, rowBytes, (top, rows) => {
    if (!isThere(top, rows)) return false;
    pixels.write(rgbaOf(next, top, rows), top, rows);
    written.set(pixels.read(top, rows), top * rowBytes);
    end = top + rows;
    return true;
  });
  const after = expected.withData(written);
  if (isWhole) return after;
  await visitBands(end, rowBytes, (top, rows) => {
    if (pixels.width !== width || pixels.height !== height) return false;
    const now = pixels.read(top, rows);
    const [before, ours] = [rgbaOf(expected, top, rows), rgbaOf(after, top, rows)];
    for (let index = 0; index < now.length; index += 4) {
      let channel = 0;
      while (channel < 4 && now[index + channel] === ours[index + channel]) channel++;
      if (channel === 4) now.set(before.subarray(index, index + 4), index);
    }
    pixels.write(now, top, rows);
    return true;
  });
  return undefined;
}
