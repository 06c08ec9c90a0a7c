import type { PixelImage } from "../../sdk/image/index.js";
import { rgbaOf, visitBands } from "../../sdk/page/index.js";

/**
 * A short name for pixels: two hashes of 32 bits, so that an edit anywhere gives another one, but for one chance in 2^64. Not
 * against someone who means harm.
 */
export class PixelHash {
  #first = 0x811c9dc5;
  #second = 0x9e3779b9;
  #count = 0;

  /**
   * Goes on with more samples. Parts give the same name as the whole, if each is of whole pixels.
   *
   * @param samples - 8-bit samples
   */
  add(samples: Uint8Array | Uint8ClampedArray): this {
    const { byteOffset, byteLength, buffer } = samples;
    const isAligned = byteOffset % 4 === 0;
    const wordCount = isAligned ? byteLength >> 2 : 0;
    const words = new Uint32Array(buffer, isAligned ? byteOffset : 0, wordCount);
    let first = this.#first;
    let second = this.#second;
    let count = this.#count;
    for (let index = 0; index < wordCount; index++, count++) {
      const word = words[index]!;
      first = Math.imul(first ^ word, 0x01000193);
      second = Math.imul(second ^ (word + count), 0x85ebca6b);
      second ^= second >>> 13;
    }
    for (let index = wordCount * 4; index < byteLength; index++, count++) {
      first = Math.imul(first ^ samples[index]!, 0x01000193);
      second = Math.imul(second ^ (samples[index]! + count), 0x85ebca6b);
    }
    this.#first = first;
    this.#second = second;
    this.#count = count;
    return this;
  }

  /** Hexadecimal digits. */
  toString(): string {
    return [this.#first, this.#second].map((value) => (value >>> 0).toString(16).padStart(8, "0")).join("");
  }
}

/** The name of an image's pixels, worked out a band at a time. */
export async function hashPixels(image: PixelImage): Promise<string> {
  const { width, height } = image;
  const hash = new PixelHash();
  await visitBands(height, width * 4, (top, rows) => void hash.add(rgbaOf(image, top, rows)));
  return `${width}x${height}:${hash.toString()}`;
}
