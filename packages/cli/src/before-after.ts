import sharp, { type Sharp } from "sharp";
import { crop, PixelImage, type Rect } from "limpid";
import { resizeArea } from "limpid/network";
import { encodeImageFile } from "./files/write-image-file.js";
import { toEightBits } from "./pack/train-data.js";
import { drawContactSheet } from "./pack/train-pictures.js";

/** Longest side of each picture, in pixels. */
const side = 960;
/** Longest side of the small pictures in which the change is looked for, in pixels. */
const lookSide = 192;

/**
 * A photo before and after, side by side; and below, for one that had to be reduced for that, the part that changed most, pixel
 * by pixel.
 *
 * @param before - the photo
 * @param after - of the same size
 * @returns an 8-bit picture in sRGB
 */
export async function drawBeforeAfter(before: PixelImage, after: PixelImage): Promise<PixelImage> {
  const whole = { x: 0, y: 0, width: before.width, height: before.height };
  const scale = Math.min(1, side / Math.max(whole.width, whole.height));
  const width = Math.max(1, Math.round(whole.width * scale));
  const height = Math.max(1, Math.round(whole.height * scale));
  const row = async (part: Rect, captions: readonly [string, string]) => ({
    cells: await Promise.all(
      [before, after].map(async (image, index) => ({
        caption: captions[index]!,
        image: await show(part === whole ? image : crop(image, part), width, height),
      })),
    ),
  });
  const rows = [await row(whole, ["before", "after"])];
  if (scale < 1) {
    const part = findChange(before, after, width, height);
    rows.push(await row(part, ["before, where most changed, at 100 %", "after"]));
  }
  return toPixels(sharp(await drawContactSheet(rows)));
}

/** The part of a size in which two pictures differ most. */
function findChange(before: PixelImage, after: PixelImage, width: number, height: number): Rect {
  const scale = lookSide / Math.max(before.width, before.height);
  const [columns, rows] = [before.width, before.height].map((length) =>
    Math.max(1, Math.round(length * scale)),
  ) as [number, number];
  const [first, second] = [before, after].map((image) => resizeArea(image, columns, rows)) as [
    Float32Array,
    Float32Array,
  ];
  // Sums over all that is left of and above a pixel, so that any rectangle's sum is four of them.
  const sums = new Float64Array((columns + 1) * (rows + 1));
  const at = (x: number, y: number): number => y * (columns + 1) + x;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      let change = 0;
      for (let color = 0; color < 3; color++) {
        const index = (y * columns + x) * 3 + color;
        change += Math.abs(first[index]! - second[index]!);
      }
      sums[at(x + 1, y + 1)] = change + sums[at(x, y + 1)]! + sums[at(x + 1, y)]! - sums[at(x, y)]!;
    }
  }
  const wide = Math.min(columns, Math.max(1, Math.round(width * scale)));
  const high = Math.min(rows, Math.max(1, Math.round(height * scale)));
  let most = -1;
  let [left, top] = [0, 0];
  for (let y = 0; y + high <= rows; y++) {
    for (let x = 0; x + wide <= columns; x++) {
      const sum =
        sums[at(x + wide, y + high)]! - sums[at(x, y + high)]! - sums[at(x + wide, y)]! + sums[at(x, y)]!;
      if (sum > most) [most, left, top] = [sum, x, y];
    }
  }
  return {
    x: Math.min(before.width - width, Math.round(left / scale)),
    y: Math.min(before.height - height, Math.round(top / scale)),
    width,
    height,
  };
}

/** A picture of a size, as a screen shows it: 8 bits, RGB, sRGB. */
async function show(image: PixelImage, width: number, height: number): Promise<PixelImage> {
  const small = toEightBits({ width, height, rgb: resizeArea(image, width, height) });
  const { iccProfile, colorSpace } = image;
  if (iccProfile === undefined && colorSpace === "srgb") return small;
  const { bytes } = await encodeImageFile(
    "before-after",
    new PixelImage({ ...small, iccProfile, colorSpace }),
    "png",
    {},
  );
  return toPixels(sharp(bytes).toColourspace("srgb"));
}

async function toPixels(picture: Sharp): Promise<PixelImage> {
  const { data, info } = await picture.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return new PixelImage({ width: info.width, height: info.height, channels: 3, data: Uint8Array.from(data) });
}
