import { PixelImage } from "../../src/sdk/image/index.js";
import { TrainingSet, type Recipe, type RgbImage, type TrainingPhoto } from "../../src/sdk/training/index.js";

/** A fault that is easily undone: the picture is darkened. */
export const darkening: Recipe = {
  degradation: "dark",
  apply({ width, height, rgb }: RgbImage, severity, source) {
    const factor = 0.6 - 0.2 * severity - 0.05 * source.uniform(0, 1);
    return { width, height, rgb: rgb.map((value) => value * factor) };
  },
};

/** A fault that any router sees: every other pixel is lighter, the ones between darker. */
export const speckling: Recipe = {
  degradation: "speckles",
  apply({ width, height, rgb }, severity) {
    const depth = 0.2 + 0.2 * severity;
    return {
      width,
      height,
      rgb: rgb.map((value, index) => {
        const pixel = Math.floor(index / 3);
        return value + (((pixel % width) + Math.floor(pixel / width)) % 2 ? depth : -depth);
      }),
    };
  },
};

/** A fault of the colours alone: black is light, and red fades least. */
export const tinting: Recipe = {
  degradation: "tinted",
  apply({ width, height, rgb }: RgbImage, severity) {
    const kept = [0.7, 0.5, 0.5].map((share) => share - 0.1 * severity);
    const lifted = [0.25, 0.1, 0.1];
    return { width, height, rgb: rgb.map((value, at) => lifted[at % 3]! + value * kept[at % 3]!) };
  },
};

/** Photos with a slope and a checkerboard, none like the other. */
export function makePhotos(count: number, width = 48, height = 40): TrainingPhoto[] {
  return Array.from({ length: count }, (_, index) => {
    const data = new Uint8Array(width * height * 3);
    for (let y = 0, position = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const check = ((x >> 3) + (y >> 3) + index) % 2;
        for (let channel = 0; channel < 3; channel++, position++) {
          data[position] = 60 + 100 * check + ((x * (index + 1) + y * channel) % 70);
        }
      }
    }
    return { name: `photo-${index}.png`, image: new PixelImage({ width, height, channels: 3, data }) };
  });
}

/** Five such photos, darkened if nothing else is said. */
export function makeTrainingSet(recipe: Recipe = darkening): TrainingSet {
  return TrainingSet.fromPhotos(makePhotos(5), recipe);
}
