import { gaussian } from "./gaussian.js";
import type { RandomSource } from "./random-source.js";
import { blended, clamp, mapped, type Raster } from "./raster.js";

/** A place in pixels: x to the right, y downwards; whole numbers are centres of pixels. */
export type Place = readonly [x: number, y: number];

/** Where anything may happen: a place anywhere on a plane. */
export function anywhere(source: RandomSource, { width, height }: { width: number; height: number }): Place {
  return [source.uniform(0, width), source.uniform(0, height)];
}

/**
 * A wandering line.
 *
 * @param source - where it wanders
 * @param segments - how many it has
 * @param start - its first point
 * @param turn - the most by which its direction changes at a point, in radians
 * @param step - length of a segment, in pixels
 * @returns its points
 */
export function pen(
  source: RandomSource,
  segments: number,
  start: Place,
  turn: number,
  step: number,
): readonly Place[] {
  let angle = source.uniform(0, 2 * Math.PI);
  let [x, y] = start;
  const path: Place[] = [start];
  for (let segment = 0; segment < segments; segment++) {
    angle += source.uniform(-turn, turn);
    x += Math.cos(angle) * step;
    y += Math.sin(angle) * step;
    path.push([x, y]);
  }
  return path;
}

/**
 * Draws a line with round joints. Points are rounded to whole pixels, as in the training's drawings, whose edges this has too.
 *
 * @param mask - one channel, drawn on in place
 * @param path - its points
 * @param width - in pixels, at least 1
 * @param value - what the mask becomes where the line covers it, 0..1
 */
export function stroke(mask: Raster, path: readonly Place[], width: number, value = 1): void {
  const breadth = Math.max(1, Math.round(width));
  const points = path.map(rounded);
  const reach = breadth === 1 ? 0 : (breadth + (breadth % 2)) / 2;
  const edges = points.slice(1).map((point, index): Edge => [points[index]!, point]);
  const ink = inkFor(mask, points, reach);
  for (const edge of edges) drawEdge(ink, edge, reach);
  lay(mask, ink, value);
}

/** Fills what a polygon encloses, by the even-odd rule; its corners are rounded to whole pixels. */
export function fillPolygon(mask: Raster, corners: readonly Place[]): void {
  fill(mask, corners.map(rounded), 1);
}

/**
 * Fills an ellipse. Small ones have few corners.
 *
 * @param mask - one channel, drawn on in place
 * @param center - rounded to whole pixels
 * @param radii - half its width and half its height before it is turned; rounded to whole pixels, at least 1
 * @param turn - in radians
 * @param value - what the mask becomes where the ellipse covers it, 0..1
 */
export function fillEllipse(mask: Raster, center: Place, radii: Place, turn = 0, value = 1): void {
  const [cx, cy] = rounded(center);
  const rx = Math.max(1, Math.round(radii[0]));
  const ry = Math.max(1, Math.round(radii[1]));
  const larger = Math.max(rx, ry);
  const corners = larger < 3 ? 4 : larger < 10 ? 12 : larger < 15 ? 20 : 72;
  const points = Array.from({ length: corners }, (_, corner): Place => {
    const angle = (2 * Math.PI * corner) / corners;
    const u = rx * Math.cos(angle);
    const v = ry * Math.sin(angle);
    return [cx + u * Math.cos(turn) - v * Math.sin(turn), cy + u * Math.sin(turn) + v * Math.cos(turn)];
  });
  fill(mask, points, value);
}

/** Fills a rectangle with hard edges, from one corner's pixel to the other's, both included. */
export function fillRectangle(mask: Raster, from: Place, to: Place): void {
  const [left, top] = rounded(from);
  const [right, bottom] = rounded(to);
  for (let y = Math.max(0, top); y <= Math.min(mask.height - 1, bottom); y++) {
    mask.data.fill(1, y * mask.width + Math.max(0, left), y * mask.width + Math.min(mask.width, right + 1));
  }
}

/** Lays one colour over a picture where a mask says, with a softened edge. */
export function cover(x: Raster, mask: Raster, color: readonly number[], soft: number, opacity = 1): Raster {
  return blended(
    x,
    mapped(gaussian(mask, soft), (value) => value * opacity),
    color,
  );
}

/** A line between two points. */
type Edge = readonly [from: Place, to: Place];

/** How much of each pixel one shape covers, in the part of a mask around it. */
interface Ink {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly alpha: Float32Array;
}

/** How far beyond its reach a line fades: what OpenCV's antialiased lines come to, which the training draws. */
const fading = 1.4;

/** Fills a polygon whose corners may lie between pixels. */
function fill(mask: Raster, points: readonly Place[], value: number): void {
  const edges = points.map((point, index): Edge => [point, points[(index + 1) % points.length]!]);
  const ink = inkFor(mask, points, 0);
  for (const edge of edges) drawEdge(ink, edge, 0);
  for (let row = 0; row < ink.height; row++) {
    const y = row + ink.top;
    const crossings = edges
      .filter(([from, to]) => from[1] <= y !== to[1] <= y)
      .map(([from, to]) => from[0] + ((y - from[1]) * (to[0] - from[0])) / (to[1] - from[1]))
      .sort((a, b) => a - b);
    for (let index = 0; index + 1 < crossings.length; index += 2) {
      const from = Math.max(0, Math.ceil(crossings[index]!) - ink.left);
      const to = Math.min(ink.width, Math.floor(crossings[index + 1]!) - ink.left + 1);
      if (to > from) ink.alpha.fill(1, row * ink.width + from, row * ink.width + to);
    }
  }
  lay(mask, ink, value);
}

/** Empty ink for a shape with some points and a reach around them. */
function inkFor(mask: Raster, points: readonly Place[], reach: number): Ink {
  const margin = reach + fading;
  const columns = points.map(([x]) => x);
  const rows = points.map(([, y]) => y);
  const left = Math.max(0, Math.floor(Math.min(...columns) - margin));
  const top = Math.max(0, Math.floor(Math.min(...rows) - margin));
  const width = Math.max(0, Math.min(mask.width - 1, Math.ceil(Math.max(...columns) + margin)) - left + 1);
  const height = Math.max(0, Math.min(mask.height - 1, Math.ceil(Math.max(...rows) + margin)) - top + 1);
  return { left, top, width, height, alpha: new Float32Array(width * height) };
}

/** Draws all within some reach of the line between two points. */
function drawEdge({ left, top, width, height, alpha }: Ink, [from, to]: Edge, reach: number): void {
  const [x0, y0] = [from[0] - left, from[1] - top];
  const dx = to[0] - from[0];
  const dy = to[1] - from[1];
  const squared = dx * dx + dy * dy;
  const far = reach + fading;
  const lastY = Math.min(height - 1, Math.ceil(Math.max(y0, y0 + dy) + far));
  for (let y = Math.max(0, Math.floor(Math.min(y0, y0 + dy) - far)); y <= lastY; y++) {
    const [first, last] = spanOf(x0, dx, dy, y - y0, (far * Math.sqrt(squared)) / Math.abs(dy));
    const lastX = Math.min(width - 1, Math.ceil(last + far));
    for (let x = Math.max(0, Math.floor(first - far)); x <= lastX; x++) {
      const along = squared === 0 ? 0 : clamp(((x - x0) * dx + (y - y0) * dy) / squared);
      const u = x - x0 - along * dx;
      const v = y - y0 - along * dy;
      const distance = Math.sqrt(u * u + v * v) - reach;
      const near = clamp(1 - distance / fading);
      const cover = distance < 0 ? 1 : 0.95 * near * near * (3 - 2 * near);
      const pixel = y * width + x;
      if (cover > alpha[pixel]!) alpha[pixel] = cover;
    }
  }
}

/** Lays ink of some strength over a mask. */
function lay(mask: Raster, { left, top, width, height, alpha }: Ink, value: number): void {
  for (let y = 0, from = 0; y < height; y++) {
    let pixel = (top + y) * mask.width + left;
    for (let x = 0; x < width; x++, from++, pixel++) {
      mask.data[pixel]! += (value - mask.data[pixel]!) * alpha[from]!;
    }
  }
}

/** Between which columns a row meets the part of a line that is nearer than `slack` along the row. */
function spanOf(x0: number, dx: number, dy: number, y: number, slack: number): [number, number] {
  const ends = [x0, x0 + dx] as const;
  const bounds = [Math.min(...ends), Math.max(...ends)] as const;
  if (dy === 0) return [...bounds];
  const crossing = x0 + (y * dx) / dy;
  return [Math.max(bounds[0], crossing - slack), Math.min(bounds[1], crossing + slack)];
}

function rounded([x, y]: Place): Place {
  return [Math.round(x), Math.round(y)];
}
