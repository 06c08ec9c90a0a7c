import { LimpidError } from "../base/index.js";
import type { PixelImage } from "./pixel-image.js";

/** Where two images are compared. */
export interface MetricOptions {
  /**
   * `"rgb"` (the default) compares every colour channel; `"y"` compares luma, BT.601 with studio range:
   * Y = 16 + (65.481 R + 128.553 G + 24.966 B) / 255 for R, G, B in 0..255. `"y-bgr"` is the same with R and B in each
   * other's place: what a script computes that reads pictures with OpenCV and takes them for RGB, as those behind
   * several published tables on adverse weather do.
   */
  readonly space?: "rgb" | "y" | "y-bgr" | undefined;
  /** Pixels left out along each edge; 0 if left out. */
  readonly border?: number | undefined;
}

/** A row of one plane: writes `width` values, 0..1, into `out`. */
export interface PlaneReader {
  /** Width in pixels, less the border. */
  readonly width: number;
  /** Height in pixels, less the border. */
  readonly height: number;
  /** Number of planes: 1 for luma and for two grey images, else 3. */
  readonly planeCount: number;
  /** Reads row `y` of plane `plane` of both images into `a` and `b`, `width` values each, 0..1. */
  read(plane: number, y: number, a: Float64Array, b: Float64Array): void;
}

/**
 * Prepares two images for comparison, row by row, so that no whole plane of floats is ever held.
 *
 * @throws {@link LimpidError} `InvalidArgument` if the sizes differ or the border leaves nothing
 */
export function comparePlanes(a: PixelImage, b: PixelImage, options: MetricOptions): PlaneReader {
  const { space = "rgb", border = 0 } = options;
  if (a.width !== b.width || a.height !== b.height) {
    throw new LimpidError(
      "InvalidArgument",
      `cannot compare images of ${a.width} x ${a.height} and ${b.width} x ${b.height}`,
      { details: { a: [a.width, a.height], b: [b.width, b.height] } },
    );
  }
  const width = a.width - 2 * border;
  const height = a.height - 2 * border;
  if (!Number.isInteger(border) || border < 0 || width < 1 || height < 1) {
    throw new LimpidError(
      "InvalidArgument",
      `a border of ${border} leaves nothing of an image of ${a.width} x ${a.height}`,
      { details: { border, width: a.width, height: a.height } },
    );
  }
  const isLuma = space !== "rgb";
  const redWeight = space === "y" ? 65.481 : 24.966;
  const blueWeight = space === "y" ? 24.966 : 65.481;
  const readRow = (image: PixelImage, plane: number, y: number, out: Float64Array): void => {
    const { data, channels, maximum, isGray } = image;
    let index = ((y + border) * image.width + border) * channels;
    for (let x = 0; x < width; x++, index += channels) {
      if (isLuma) {
        const red = data[index]!;
        const green = isGray ? red : data[index + 1]!;
        const blue = isGray ? red : data[index + 2]!;
        out[x] = (16 + (redWeight * red + 128.553 * green + blueWeight * blue) / maximum) / 255;
      } else {
        out[x] = data[isGray ? index : index + plane]! / maximum;
      }
    }
  };
  return {
    width,
    height,
    planeCount: isLuma || (a.isGray && b.isGray) ? 1 : 3,
    read(plane, y, outA, outB) {
      readRow(a, plane, y, outA);
      readRow(b, plane, y, outB);
    },
  };
}
