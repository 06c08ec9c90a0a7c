import type { PixelData, PixelImage, PixelImageInit } from "limpid";
import { breathe } from "../../shared/breathe.js";

/** Bytes that are copied at once: about a millisecond. */
const sliceLength = 4 * 2 ** 20;

/** A photo with samples of its own, for a worker to keep; copied in slices, so that the page stays smooth. */
export async function copySamples(image: PixelImage): Promise<PixelImageInit> {
  const { data } = image;
  const copy = new (data.constructor as new (length: number) => PixelData)(data.length);
  const length = sliceLength / data.BYTES_PER_ELEMENT;
  for (let start = 0; start < data.length; start += length) {
    copy.set(data.subarray(start, start + length), start);
    await breathe();
  }
  return { ...image, data: copy };
}
