import { readRgb, resizeArea, type PixelImage, type Rect } from "../image/index.js";
import type { CompactRouterConfig } from "./compact-config.js";

/** At most so many windows along one side, so that a photo of any size costs the same. */
const windowsPerSide = 4;

/** What the router looks at. */
export interface CompactViews {
  /** The whole image reduced by area averaging, aspect ratio ignored: [globalSize, globalSize, 3] in 0..1. */
  readonly whole: Float32Array;
  /** The windows at native resolution, one after the other: [windows, windowSize, windowSize, 3] in 0..1. */
  readonly windows: Float32Array;
  /** Where the windows lie, in image pixels, in reading order; one may reach past a small image. */
  readonly rects: readonly Rect[];
}

/**
 * Where the windows lie along a side: evenly spread from edge to edge, as many as cover it, four at most.
 *
 * @param size - length of the side in pixels
 * @param window - length of a window in pixels
 * @returns first pixel of each window
 */
export function windowOrigins(size: number, window: number): readonly number[] {
  if (size <= window) return [0];
  const count = Math.min(windowsPerSide, Math.ceil(size / window));
  return Array.from({ length: count }, (_, index) => roundHalfEven((index * (size - window)) / (count - 1)));
}

/**
 * Takes the views of an image that the compact router was trained on. Windows keep the native resolution, because a
 * resize destroys the noise and the blocking that they are there to show.
 *
 * @param image - the photo; colour under transparent pixels should have been bled
 * @param config - sizes of the views
 */
export function compactViews(image: PixelImage, config: CompactRouterConfig): CompactViews {
  const { globalSize, windowSize } = config;
  const columns = windowOrigins(image.width, windowSize);
  const rects = windowOrigins(image.height, windowSize).flatMap((y) =>
    columns.map((x) => ({ x, y, width: windowSize, height: windowSize })),
  );
  const length = windowSize * windowSize * 3;
  const windows = new Float32Array(rects.length * length);
  rects.forEach((rect, index) => {
    readRgb(image, rect, windows.subarray(index * length, (index + 1) * length));
  });
  return { whole: resizeArea(image, globalSize, globalSize), windows, rects };
}

/** Rounds as Python does, since the training code cuts its windows there. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const fraction = value - below;
  if (fraction !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
