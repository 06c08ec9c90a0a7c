import { LimpidError } from "../base/index.js";
import type { ChannelCount } from "./pixel-image.js";
import type { PngHeader } from "./png-header.js";

/** Samples as a `PixelImage` has them. */
export interface ExpandedSamples {
  /** 8 or 16 bits. */
  readonly data: Uint8Array | Uint16Array;
  /** Interleaved channels. */
  readonly channels: ChannelCount;
}

/**
 * Makes channels of stored samples: looks palettes up, spreads 1, 2 and 4 bits over 8, and adds the alpha that a tRNS chunk
 * stands for.
 *
 * @param stored - [height, width, samples]
 * @param palette - data of the PLTE chunk, if there is one
 * @param transparency - data of the tRNS chunk, if there is one
 * @throws {@link LimpidError} `CorruptImage` if there is no palette where one is needed
 */
export function expandSamples(
  header: PngHeader,
  stored: Uint8Array | Uint16Array,
  palette: Uint8Array | undefined,
  transparency: Uint8Array | undefined,
): ExpandedSamples {
  const { colorType, bitDepth, samples } = header;
  if (colorType === 3) return lookUp(stored, palette, transparency);
  const keyed = colorType === 0 || colorType === 2 ? colorKey(transparency, samples, bitDepth) : undefined;
  const scale = bitDepth < 8 ? 255 / ((1 << bitDepth) - 1) : 1;
  if (keyed === undefined) {
    if (scale !== 1) stored.forEach((value, index) => (stored[index] = value * scale));
    return { data: stored, channels: samples };
  }
  const count = stored.length / samples;
  const channels = (samples + 1) as ChannelCount;
  const data = bitDepth === 16 ? new Uint16Array(count * channels) : new Uint8Array(count * channels);
  const opaque = bitDepth === 16 ? 65535 : 255;
  for (let pixel = 0; pixel < count; pixel++) {
    let isKey = true;
    for (let sample = 0; sample < samples; sample++) {
      const value = stored[pixel * samples + sample]!;
      if (value !== keyed[sample]) isKey = false;
      data[pixel * channels + sample] = value * scale;
    }
    data[pixel * channels + samples] = isKey ? 0 : opaque;
  }
  return { data, channels };
}

/** The one colour that is transparent; undefined if there is none, or the chunk is cut short. */
function colorKey(
  transparency: Uint8Array | undefined,
  samples: number,
  bitDepth: number,
): readonly number[] | undefined {
  if (transparency === undefined || transparency.length < samples * 2) return undefined;
  const mask = 2 ** bitDepth - 1;
  return Array.from(
    { length: samples },
    (_, sample) => ((transparency[sample * 2]! << 8) | transparency[sample * 2 + 1]!) & mask,
  );
}

/** Indices beyond the palette are black, as browsers draw them. */
function lookUp(
  indices: Uint8Array | Uint16Array,
  palette: Uint8Array | undefined,
  transparency: Uint8Array | undefined,
): ExpandedSamples {
  if (palette === undefined || palette.length < 3) {
    throw new LimpidError("CorruptImage", "the PNG file lacks its palette");
  }
  const hasAlpha = transparency !== undefined && transparency.length > 0;
  const channels = hasAlpha ? 4 : 3;
  const data = new Uint8Array(indices.length * channels);
  for (let pixel = 0; pixel < indices.length; pixel++) {
    const index = indices[pixel]!;
    for (let channel = 0; channel < 3; channel++)
      data[pixel * channels + channel] = palette[index * 3 + channel] ?? 0;
    if (hasAlpha) data[pixel * channels + 3] = transparency[index] ?? 255;
  }
  return { data, channels };
}
