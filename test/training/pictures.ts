import { PixelImage } from "../../src/sdk/image/index.js";

/** Hills of colour with fine texture, as `fixtures/make_statistics.py` draws them. */
export function texturedPicture(width: number, height: number): PixelImage {
  return pictureOf(width, height, (x, y, channel) => 0.45 + 0.3 * hill(x, y, channel) + 0.1 * check(x, y));
}

/** The green channel of the textured picture, as a picture without colour. */
export function greyPicture(width: number, height: number): PixelImage {
  return pictureOf(width, height, (x, y) => 0.45 + 0.3 * hill(x, y, 1) + 0.1 * check(x, y));
}

/** A pale sky over dark ground with a row of lamps. */
export function scenePicture(width: number, height: number): PixelImage {
  return pictureOf(width, height, (x, y, channel) => {
    if (((x % 32) - 16) ** 2 + (y - 60) ** 2 < 9) return 0.97;
    if (y < 40) return 0.6 + 0.05 * channel - 0.002 * y;
    return 0.25 + 0.15 * hill(x, y, channel) + 0.06 * check(x, y);
  });
}

/** One colour all over. */
export function flatPicture(width: number, height: number, value: number): PixelImage {
  return new PixelImage({ width, height, channels: 3, data: new Uint8Array(width * height * 3).fill(value) });
}

function pictureOf(
  width: number,
  height: number,
  valueAt: (x: number, y: number, channel: number) => number,
): PixelImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, index = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++, index++) {
        data[index] = Math.floor(255 * valueAt(x, y, channel) + 0.5);
      }
    }
  }
  return new PixelImage({ width, height, channels: 3, data });
}

function hill(x: number, y: number, channel: number): number {
  return Math.sin(x / 19 + channel) * Math.cos(y / 23 - channel);
}

function check(x: number, y: number): number {
  return ((Math.floor(x / 5) + Math.floor(y / 7)) % 2) * 2 - 1;
}
