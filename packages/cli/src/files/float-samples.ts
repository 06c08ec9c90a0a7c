import { linearToSrgb } from "limpid/network";

/** A float a little above its scale is one that was resized or sharpened. */
const overshoot = 1.02;

/**
 * Brings floats to 0..1 with sRGB's curve, in place. Files do not tell what their floats mean, so the largest decides: shares of
 * white are linear light, as programs write them, unless a profile says what they are; numbers to 255 and 65535 were converted from
 * 8 and 16 bits as they stood.
 *
 * @param samples - of one image
 * @param isLight - whether a sample is light, rather than alpha, by its index; false for all if a profile describes them
 * @returns what they were taken for, in a few words for a person; undefined if they fit nothing, as those of HDR pictures
 */
export function spreadFloats(samples: Float32Array, isLight: (index: number) => boolean): string | undefined {
  let largest = 0;
  for (const sample of samples) if (sample > largest && sample < Infinity) largest = sample;
  const scale = [1, 255, 65535].find(
    (candidate) => largest <= candidate * overshoot && (candidate === 1 || largest >= candidate / 64),
  );
  if (scale === undefined) return undefined;
  let isConverted = false;
  for (let index = 0; index < samples.length; index++) {
    const value = samples[index]! / scale;
    // What is not a number counts as black.
    const share = value > 0 ? Math.min(1, value) : 0;
    const isLinear = scale === 1 && isLight(index);
    isConverted ||= isLinear;
    samples[index] = isLinear ? linearToSrgb(share) : share;
  }
  return isConverted
    ? "floats, taken for linear light and converted to sRGB"
    : `floats, read as shares of ${scale}`;
}
