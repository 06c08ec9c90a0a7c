/** A plane on which antialiased shapes are drawn. */
export interface InkPlane {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** [height, width]: how much of each pixel is covered, 0..1. */
  readonly cover: Float32Array;
}

/**
 * Draws a line with round ends.
 *
 * @param plane - drawn on in place
 * @param from - [x, y] in pixels; pixel (i, j) covers i..i + 1, j..j + 1
 * @param to - [x, y]
 * @param breadth - in pixels
 */
export function drawLine(
  plane: InkPlane,
  from: readonly [number, number],
  to: readonly [number, number],
  breadth: number,
): void {
  const [x0, y0] = from;
  const dx = to[0] - x0;
  const dy = to[1] - y0;
  const squared = dx * dx + dy * dy;
  const reach = breadth / 2 + 1;
  const bounds = [
    Math.min(x0, to[0]),
    Math.min(y0, to[1]),
    Math.max(x0, to[0]),
    Math.max(y0, to[1]),
  ] as const;
  cover(plane, bounds, reach, (x, y) => {
    const along = squared === 0 ? 0 : Math.min(Math.max(((x - x0) * dx + (y - y0) * dy) / squared, 0), 1);
    return breadth / 2 + 0.5 - Math.hypot(x - x0 - along * dx, y - y0 - along * dy);
  });
}

/**
 * Draws a filled ellipse.
 *
 * @param plane - drawn on in place
 * @param center - [x, y] in pixels
 * @param radii - half its width and half its height, in pixels
 */
export function drawEllipse(
  plane: InkPlane,
  center: readonly [number, number],
  radii: readonly [number, number],
): void {
  const [cx, cy] = center;
  const [rx, ry] = radii;
  const reach = Math.max(rx, ry) + 1;
  cover(plane, [cx, cy, cx, cy], reach, (x, y) => {
    // The distance to the edge, to first order: the implicit function over the length of its gradient.
    const u = (x - cx) / rx;
    const v = (y - cy) / ry;
    const norm = Math.hypot(u, v);
    const slope = Math.hypot(u / rx, v / ry);
    return slope === 0 ? 1 : 0.5 - ((norm - 1) * norm) / slope;
  });
}

/** Raises the cover of the pixels around some bounds to a value that is clipped to 0..1. */
function cover(
  { width, height, cover: ink }: InkPlane,
  [left, top, right, bottom]: readonly [number, number, number, number],
  reach: number,
  valueAt: (x: number, y: number) => number,
): void {
  const lastX = Math.min(width - 1, Math.floor(right + reach));
  const lastY = Math.min(height - 1, Math.floor(bottom + reach));
  for (let y = Math.max(0, Math.floor(top - reach)); y <= lastY; y++) {
    for (let x = Math.max(0, Math.floor(left - reach)); x <= lastX; x++) {
      const index = y * width + x;
      const value = Math.min(valueAt(x + 0.5, y + 0.5), 1);
      if (value > ink[index]!) ink[index] = value;
    }
  }
}
