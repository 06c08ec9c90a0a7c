import { toneCurvesOf } from "./icc-profile.js";
import { PixelImage } from "./pixel-image.js";
import { luma } from "./rgb.js";
import { linearToSrgb } from "./srgb-curve.js";

/**
 * How far numbers may be from those that sRGB's curve would give: farther than with gamma 2.2 or 2.4, which display as photos that
 * networks were trained on; nearer than with gamma 1.8 or linear light, in which the same photo looks dark.
 */
const tolerance = 0.06;

const last = 65535;

/** The numbers of an image whose profile has another tone curve than sRGB, as sRGB would have them, and back. */
export interface SrgbTones {
  /**
   * The image with sRGB's curve, for a router or a network.
   *
   * @returns 16-bit samples of their own, whatever the depth, so that linear shadows and highlights both stay apart
   */
  readonly encode: (image: PixelImage) => PixelImage;
  /**
   * Turns numbers with sRGB's curve into the image's own, in place.
   *
   * @param rgb - [pixels, 3] in 0..1
   */
  readonly decode: (rgb: Float32Array) => void;
}

/**
 * Networks see what they were trained on: numbers with about sRGB's curve. Linear light, as PNG's gAMA 1 and profiles for
 * rendering have it, would look like a photo taken in the dark.
 *
 * @returns undefined if its numbers can be taken as they are, or its profile is by tables or damaged
 */
export function srgbTonesOf({ colorSpace, iccProfile, isGray }: PixelImage): SrgbTones | undefined {
  if (colorSpace !== "icc") return undefined;
  const found = toneCurvesOf(iccProfile!);
  if (found === undefined) return undefined;
  const curves = isGray ? found.slice(0, 1) : [0, 1, 2].map((channel) => found[channel] ?? found[0]!);
  const forward = oncePer(curves, encodingTable);
  if (forward.every(isNearSrgb) || !forward.every(isAscending)) return undefined;
  const backward = oncePer(forward, inverseTable);
  return {
    encode: (image) => {
      const { width, height, channels, data, maximum } = image;
      const samples = new Uint16Array(data.length);
      for (let index = 0; index < data.length; index++) {
        const value = data[index]! / maximum;
        const number = value > 0 ? Math.round(Math.min(value, 1) * last) : 0;
        samples[index] = Math.round((forward[index % channels]?.[number] ?? number / last) * last);
      }
      return new PixelImage({ width, height, channels, data: samples });
    },
    decode: (rgb) => {
      for (let index = 0; index < rgb.length; index += 3) {
        // Grey is the luma of sRGB's numbers, as for every other image: of light it would be another.
        if (isGray) rgb.fill(luma(rgb[index]!, rgb[index + 1]!, rgb[index + 2]!), index, index + 3);
        for (let channel = 0; channel < 3; channel++) {
          rgb[index + channel] = lookUp(backward[channel] ?? backward[0]!, rgb[index + channel]!);
        }
      }
    },
  };
}

/** What is made of each; once for those that are the same, as the channels' curves mostly are: a table takes milliseconds. */
function oncePer<T, Made>(items: readonly T[], make: (item: T) => Made): Made[] {
  const made = new Map([...new Set(items)].map((item) => [item, make(item)]));
  return items.map((item) => made.get(item)!);
}

/** The value of a table of 16-bit numbers between two of them. */
function lookUp(table: Float32Array, number: number): number {
  const position = Math.min(Math.max(number, 0), 1) * last;
  const below = Math.min(Math.floor(position), last - 1);
  return table[below]! + (table[below + 1]! - table[below]!) * (position - below);
}

/** The sRGB number of each 16-bit number. */
function encodingTable(toLight: (x: number) => number): Float32Array {
  return Float32Array.from({ length: last + 1 }, (_, number) =>
    linearToSrgb(Math.min(Math.max(toLight(number / last), 0), 1)),
  );
}

function isNearSrgb(table: Float32Array): boolean {
  return table.every((value, number) => Math.abs(value - number / last) <= tolerance);
}

function isAscending(table: Float32Array): boolean {
  return table[last]! > 0.5 && table.every((value, number) => number === 0 || value >= table[number - 1]!);
}

/** The number, 0..1, that each 16-bit sRGB number stands for. */
function inverseTable(table: Float32Array): Float32Array {
  const inverse = new Float32Array(last + 1);
  for (let target = 0, number = 0; target <= last; target++) {
    const wanted = target / last;
    while (number < last && table[number + 1]! <= wanted) number++;
    const [low, high] = [table[number]!, table[Math.min(number + 1, last)]!];
    const share = high > low ? Math.min(Math.max((wanted - low) / (high - low), 0), 1) : 0;
    inverse[target] = (number + share) / last;
  }
  return inverse;
}
