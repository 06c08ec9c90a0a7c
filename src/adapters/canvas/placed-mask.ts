import { transformPoint, type Transform } from "../../sdk/host/index.js";
import { PixelImage, type Rect } from "../../sdk/image/index.js";
import { visitBands } from "../../sdk/page/index.js";

/**
 * The mask, in an image's own pixels, of a rectangle that is selected in the document.
 *
 * @param transform - from the image's pixels to the document
 * @param width - of the image, in pixels
 * @param height - of the image, in pixels
 * @returns 8-bit grey, 255 where a pixel's centre is selected; undefined if none is
 * @throws {@link LimpidError} `Aborted`
 */
export async function placedMask(
  rect: Rect,
  transform: Transform,
  width: number,
  height: number,
  signal?: AbortSignal,
): Promise<PixelImage | undefined> {
  const data = new Uint8Array(width * height);
  const [a, b] = transform;
  let isAny = false;
  const fillRow = (row: number): void => {
    let { x, y } = transformPoint(transform, { x: 0.5, y: row + 0.5 });
    x -= rect.x;
    y -= rect.y;
    for (let column = 0; column < width; column++) {
      const [right, down] = [x + column * a, y + column * b];
      if (right < 0 || down < 0 || right >= rect.width || down >= rect.height) continue;
      data[row * width + column] = 255;
      isAny = true;
    }
  };
  await visitBands(
    height,
    width,
    (top, rows) => {
      for (let row = top; row < top + rows; row++) fillRow(row);
    },
    signal,
  );
  return isAny ? new PixelImage({ width, height, channels: 1, data }) : undefined;
}
