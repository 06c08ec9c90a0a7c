import { LimpidError } from "../base/index.js";

/** How large a canvas or an image may be. */
export interface CanvasLimits {
  /** Longest side in pixels. */
  readonly maximumSide: number;
  readonly maximumPixels: number;
}

/**
 * Chromium's limits, beyond which a canvas is silently blank: 65,535 pixels a side, 16,384 x 16,384 in all. Safari on phones
 * has lower ones; an application for them gives its own.
 */
export const defaultCanvasLimits: CanvasLimits = { maximumSide: 65_535, maximumPixels: 16_384 * 16_384 };

/**
 * Refuses a size before anything is allocated for it.
 *
 * @param width - in pixels
 * @param height - in pixels
 * @param limits - what the page's canvases can take
 * @throws {@link LimpidError} `ImageTooLarge`
 */
export function checkCanvasSize(
  width: number,
  height: number,
  limits: CanvasLimits = defaultCanvasLimits,
): void {
  const { maximumSide, maximumPixels } = limits;
  if (Math.max(width, height) <= maximumSide && width * height <= maximumPixels) return;
  throw new LimpidError(
    "ImageTooLarge",
    `${width} x ${height} pixels are more than a canvas here can take: ${maximumSide} a side, ${maximumPixels} in all`,
    { details: { width, height, ...limits } },
  );
}
