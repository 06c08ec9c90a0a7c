/**
 * A short name for pixels: two hashes of 32 bits, so that an edit anywhere gives another one, but for one chance in 2^64. Not
 * against someone who means harm.
 *
 * @param samples - 8-bit samples
 * @returns hexadecimal digits
 */
export function pixelHash(samples: Uint8Array | Uint8ClampedArray): string {
  const { byteOffset, byteLength, buffer } = samples;
  const wordCount = byteOffset % 4 === 0 ? byteLength >> 2 : 0;
  const words = new Uint32Array(buffer, wordCount === 0 ? 0 : byteOffset, wordCount);
  let first = 0x811c9dc5;
  let second = 0x9e3779b9;
  for (let index = 0; index < wordCount; index++) {
    const word = words[index]!;
    first = Math.imul(first ^ word, 0x01000193);
    second = Math.imul(second ^ (word + index), 0x85ebca6b);
    second ^= second >>> 13;
  }
  for (let index = wordCount * 4; index < byteLength; index++) {
    first = Math.imul(first ^ samples[index]!, 0x01000193);
    second = Math.imul(second ^ (samples[index]! + index), 0x85ebca6b);
  }
  return (first >>> 0).toString(16).padStart(8, "0") + (second >>> 0).toString(16).padStart(8, "0");
}
