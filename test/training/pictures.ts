import { PixelImage } from "../../src/sdk/image/index.js";

/** Hills of colour with fine texture, as `fixtures/make_statistics.py` draws them. */
export function texturedPicture(width: number, height: number): PixelImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, index = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const check = ((Math.floor(x / 5) + Math.floor(y / 7)) % 2) * 2 - 1;
      for (let channel = 0; channel < 3; channel++, index++) {
        const hill = Math.sin(x / 19 + channel) * Math.cos(y / 23 - channel);
        data[index] = Math.floor(255 * (0.45 + 0.3 * hill + 0.1 * check) + 0.5);
      }
    }
  }
  return new PixelImage({ width, height, channels: 3, data });
}

/** One colour all over. */
export function flatPicture(width: number, height: number, value: number): PixelImage {
  return new PixelImage({ width, height, channels: 3, data: new Uint8Array(width * height * 3).fill(value) });
}
