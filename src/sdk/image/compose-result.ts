import type { PixelImage } from "./pixel-image.js";
import type { Rect } from "./rect.js";
import { writeRgb } from "./rgb.js";

/** A restored part of an image. */
export interface RestoredBand {
  /** Where it belongs, in pixels of the original. */
  readonly rect: Rect;
  /** [rect.height, rect.width, 3], 0..1. Read before the next band is asked for, so that its memory can be reused. */
  readonly rgb: Float32Array;
}

/** Options of {@link composeResult}. */
export interface ComposeOptions {
  /** Where a result that is one array belongs; the whole image if left out. */
  readonly region?: Rect | undefined;
}

/**
 * Puts restored RGB into a copy of the original, which thereby keeps everything else: bit depth, grey or RGB, alpha bit
 * for bit, colour space and ICC profile. Pixels that no band covers, and fully transparent ones, are bit-identical to
 * the original. See {@link writeRgb} for rounding and the luma of grey images.
 *
 * @param original - the image that was restored; not written to
 * @param restored - RGB of the whole region, [height, width, 3], 0..1; or bands of it, in any order
 * @param options - where a single array belongs
 * @returns an image of the original's kind
 * @throws {@link LimpidError} `InvalidArgument` if an array does not have its rectangle's length
 *
 * @example
 * ```ts
 * const bleached = readRgb(image, whole).map(Math.sqrt);
 * const result = composeResult(image, bleached); // 16-bit if the image is, with its alpha and profile
 * ```
 */
export function composeResult(
  original: PixelImage,
  restored: Float32Array | Iterable<RestoredBand>,
  options: ComposeOptions = {},
): PixelImage {
  const result = original.clone();
  if (isArray(restored)) {
    const whole = { x: 0, y: 0, width: original.width, height: original.height };
    writeRgb(result, options.region ?? whole, restored);
  } else {
    for (const { rect, rgb } of restored) writeRgb(result, rect, rgb);
  }
  return result;
}

function isArray(restored: Float32Array | Iterable<RestoredBand>): restored is Float32Array {
  return ArrayBuffer.isView(restored);
}
