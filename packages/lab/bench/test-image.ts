import type { PixelBlock } from "../../../src/sdk/engine/index.js";

/** The same numbers in 0..1 everywhere (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A tile to restore: soft waves under noise, so that every convolution has something to do.
 *
 * @param side - in pixels
 */
export function makeTestImage(side: number): PixelBlock {
  const random = randomNumbers(side);
  const rgb = Float32Array.from({ length: side * side * 3 }, (_, index) => {
    const [x, y] = [Math.floor(index / 3) % side, Math.floor(index / 3 / side)];
    return 0.5 + 0.35 * Math.sin(x / 9 + (index % 3)) * Math.cos(y / 13) + 0.25 * (random() - 0.5);
  });
  return { width: side, height: side, rgb };
}

/**
 * A degradation embedding.
 *
 * @param size - how many numbers
 */
export function makeEmbedding(size: number): Float32Array {
  const random = randomNumbers(size);
  return Float32Array.from({ length: size }, () => 2 * random() - 1);
}
