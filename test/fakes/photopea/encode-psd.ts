import type { PixelImage } from "../../../src/sdk/image/index.js";

/**
 * A PSD file that holds one flat picture, as Adobe's specification of the format says: header, three empty sections, planes.
 *
 * @param image - 8-bit RGBA
 * @returns the file
 */
export function encodePsd({ width, height, data }: PixelImage): Uint8Array<ArrayBuffer> {
  const channels = 4;
  const headerLength = 26;
  const dataStart = headerLength + 3 * 4 + 2;
  const file = new Uint8Array(dataStart + width * height * channels);
  const view = new DataView(file.buffer);
  file.set([..."8BPS"].map((letter) => letter.charCodeAt(0)));
  view.setUint16(4, 1);
  view.setUint16(12, channels);
  view.setUint32(14, height);
  view.setUint32(18, width);
  view.setUint16(22, 8);
  view.setUint16(24, 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      file[dataStart + channel * width * height + pixel] = data[pixel * channels + channel]!;
    }
  }
  return file;
}
