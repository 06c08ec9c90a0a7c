import { checkDimensions, type PixelImage } from "./pixel-image.js";

/**
 * Resizes an image by averaging, straight to floating-point RGB: output row `i` of `h` is the mean of the input rows
 * from floor(i H / h) up to ceil((i + 1) H / h), and so for columns. That is adaptive average pooling, which PyTorch
 * calls `interpolate(mode="area")`; when growing it repeats samples.
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
  const columns = Array.from({ length: width }, (_, x) => averagingWindow(x, image.width, width));
  const out = new Float32Array(width * height * 3);
  const sums = new Float64Array(width * colorCount);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = averagingWindow(y, image.height, height);
    sums.fill(0);
    for (let row = top; row < bottom; row++) {
      const start = row * image.width * channels;
      for (let x = 0; x < width; x++) {
        const [left, right] = columns[x]!;
        for (let color = 0; color < colorCount; color++) {
          let sum = 0;
          const end = start + right * channels;
          for (let index = start + left * channels + color; index < end; index += channels)
            sum += data[index]!;
          sums[x * colorCount + color]! += sum;
        }
      }
    }
    for (let x = 0; x < width; x++) {
      const [left, right] = columns[x]!;
      const divisor = (right - left) * (bottom - top) * maximum;
      for (let color = 0; color < 3; color++) {
        out[(y * width + x) * 3 + color] = sums[x * colorCount + (colorCount === 1 ? 0 : color)]! / divisor;
      }
    }
  }
  return out;
}

/** First and one past the last of the `inSize` samples that output `index` of `outSize` averages. */
function averagingWindow(index: number, inSize: number, outSize: number): readonly [number, number] {
  return [Math.floor((index * inSize) / outSize), Math.ceil(((index + 1) * inSize) / outSize)];
}
