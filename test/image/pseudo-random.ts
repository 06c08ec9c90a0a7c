import { PixelImage, type ChannelCount, type PixelData } from "../../src/sdk/image/index.js";

/** The generator that `fixtures/make_references.py` draws its images from. */
export function pseudoRandomBytes(seed: number, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  let state = seed;
  for (let index = 0; index < count; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** An 8-bit image of pseudo-random samples. */
export function pseudoRandomImage(
  seed: number,
  width: number,
  height: number,
  channels: ChannelCount,
): PixelImage {
  return new PixelImage({
    width,
    height,
    channels,
    data: pseudoRandomBytes(seed, width * height * channels),
  });
}

/** Pseudo-random samples of any depth, alpha levels of 0 and of the maximum among them. */
export function pseudoRandomImageOfDepth(
  seed: number,
  width: number,
  height: number,
  channels: ChannelCount,
  bitDepth: 8 | 16 | 32,
): PixelImage {
  const count = width * height * channels;
  const high = pseudoRandomBytes(seed, count);
  const low = pseudoRandomBytes(seed + 1, count);
  const maximum = bitDepth === 8 ? 255 : bitDepth === 16 ? 65535 : 1;
  const data: PixelData =
    bitDepth === 8
      ? high
      : bitDepth === 16
        ? Uint16Array.from(high, (value, index) => value * 256 + low[index]!)
        : Float32Array.from(high, (value, index) => (value * 256 + low[index]!) / 65535);
  if (channels === 2 || channels === 4) {
    for (let index = channels - 1; index < count; index += channels) {
      if (high[index]! < 64) data[index] = 0;
      if (high[index]! >= 192) data[index] = maximum;
    }
  }
  return new PixelImage({ width, height, channels, data });
}
