import { contentRect, crop, readRgb, resizeArea, type PixelImage, type Rect } from "../image/index.js";
import type { CompactRouterConfig } from "./compact-config.js";

/** At most so many windows along one side, so that a photo of any size costs the same. */
const windowsPerSide = 3;

/** What the router looks at. */
export interface CompactViews {
  /** The whole image, reduced by area averaging so that its long side is `sceneSize`: [height, width, 3] in 0..1. */
  readonly scene: Float32Array;
  /** [height, width] of the scene. */
  readonly sceneShape: readonly [number, number];
  /** The windows at native resolution, one after the other: [windows, windowSize, windowSize, 3] in 0..1. */
  readonly windows: Float32Array;
  /** How many rows and columns of windows there are; they follow in reading order. */
  readonly grid: readonly [number, number];
  /** The part of the image that was looked at, in pixels: all but transparent margins and borders of one tone. */
  readonly content: Rect;
}

/**
 * Where the windows lie along a side: evenly spread from edge to edge, as many as cover it, three at most.
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
 * resize destroys the noise and the blocking that they are there to show; drops, haze, shadows and creases have a size
 * relative to the photo, so the scene has one size whatever the photo's.
 *
 * @param photo - the photo; colour under transparent pixels should have been bled
 * @param config - sizes of the views
 */
export function compactViews(photo: PixelImage, config: CompactRouterConfig): CompactViews {
  const { windowSize, sceneSize } = config;
  const content = contentRect(photo);
  const isWhole = content.width === photo.width && content.height === photo.height;
  const image = isWhole ? photo : crop(photo, content);
  const columns = windowOrigins(image.width, windowSize);
  const rows = windowOrigins(image.height, windowSize);
  const length = windowSize * windowSize * 3;
  const windows = new Float32Array(rows.length * columns.length * length);
  rows.forEach((y, row) => {
    columns.forEach((x, column) => {
      const start = (row * columns.length + column) * length;
      const rect = { x, y, width: windowSize, height: windowSize };
      readRgb(image, rect, windows.subarray(start, start + length));
    });
  });
  const scale = Math.min(1, sceneSize / Math.max(image.width, image.height));
  const width = Math.max(1, roundHalfEven(image.width * scale));
  const height = Math.max(1, roundHalfEven(image.height * scale));
  return {
    scene: resizeArea(image, width, height),
    sceneShape: [height, width],
    windows,
    grid: [rows.length, columns.length],
    content,
  };
}

/**
 * The part of an image that each window stands for: what was looked at, cut evenly into as many cells as there are windows.
 *
 * @returns whole pixels, in reading order; together they cover `content` once
 */
export function windowCells({ grid, content }: Pick<CompactViews, "grid" | "content">): readonly Rect[] {
  const [rows, columns] = grid;
  const edge = (index: number, count: number, size: number): number => Math.round((index * size) / count);
  return Array.from({ length: rows * columns }, (_, index) => {
    const row = Math.floor(index / columns);
    const column = index % columns;
    const left = edge(column, columns, content.width);
    const top = edge(row, rows, content.height);
    return {
      x: content.x + left,
      y: content.y + top,
      width: edge(column + 1, columns, content.width) - left,
      height: edge(row + 1, rows, content.height) - top,
    };
  });
}

/** Rounds as Python does, since the training code cuts its windows there. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const fraction = value - below;
  if (fraction !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
