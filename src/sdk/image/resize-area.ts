import { checkDimensions, type PixelImage } from "./pixel-image.js";

/**
 * Resizes an image by averaging, straight to floating-point RGB: each output pixel is the mean of the area that it
 * covers, where input pixels that are covered partly count by their share. That is OpenCV's `INTER_AREA`; when growing it
 * repeats samples, mixed where they meet.
 *
 * Memory is the result and one row of it, whatever the input's size; the time is proportional to the input. Grey is
 * repeated to three channels and alpha is ignored.
 *
 * @param image - the image to read
 * @param width - width of the result in pixels
 * @param height - height of the result in pixels; the aspect ratio need not be kept
 * @returns [height, width, 3], 0..1
 * @throws {@link LimpidError} `InvalidImage` or `ImageTooLarge` if no image can have the size asked for
 */
export function resizeArea(image: PixelImage, width: number, height: number): Float32Array {
  checkDimensions(width, height);
  const { data, channels, maximum } = image;
  const colorCount = image.isGray ? 1 : 3;
  const columns = coverages(image.width, width);
  const reduced = new Float64Array(width * colorCount);
  const sums = new Float64Array(width * colorCount);
  const out = new Float32Array(width * height * 3);

  const reduceRow = (row: number): void => {
    const start = row * image.width * channels;
    for (let x = 0, target = 0; x < width; x++) {
      const { first, weights } = columns[x]!;
      for (let color = 0; color < colorCount; color++, target++) {
        let sum = 0;
        let index = start + first * channels + color;
        for (const weight of weights) {
          sum += weight * data[index]!;
          index += channels;
        }
        reduced[target] = sum;
      }
    }
  };

  let reducedRow = -1; // the row that two output rows share is reduced once
  coverages(image.height, height).forEach(({ first, weights }, y) => {
    sums.fill(0);
    weights.forEach((weight, index) => {
      const row = first + index;
      if (row !== reducedRow) reduceRow(row);
      reducedRow = row;
      for (let target = 0; target < sums.length; target++) sums[target]! += weight * reduced[target]!;
    });
    for (let x = 0; x < width; x++) {
      for (let color = 0; color < 3; color++) {
        out[(y * width + x) * 3 + color] = sums[x * colorCount + (colorCount === 1 ? 0 : color)]! / maximum;
      }
    }
  });
  return out;
}

/** The input samples that an output sample covers, from `first` on, with their shares; they sum to 1. */
interface Coverage {
  readonly first: number;
  readonly weights: readonly number[];
}

function coverages(inSize: number, outSize: number): readonly Coverage[] {
  const scale = inSize / outSize;
  return Array.from({ length: outSize }, (_, index) => {
    const start = (index * inSize) / outSize;
    const end = ((index + 1) * inSize) / outSize;
    const first = Math.floor(start);
    const last = Math.min(inSize, Math.ceil(end));
    const weights = Array.from(
      { length: last - first },
      (_, offset) => (Math.min(end, first + offset + 1) - Math.max(start, first + offset)) / scale,
    );
    return { first, weights };
  });
}
