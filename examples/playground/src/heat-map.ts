import type { Analysis, Rect, WindowAnalysis } from "limpid";
import type { ZoomTransform } from "d3-zoom";

/** Where a degradation is, part by part. */
export interface HeatMap {
  /** The areas in image pixels, and the probability in each. */
  readonly cells: readonly { readonly rect: Rect; readonly probability: number }[];
  /** For people who do not see the picture. */
  readonly caption: string;
}

/**
 * What an analysis says of a degradation in each part of the photo.
 *
 * @param size - of the image
 */
export function heatMapOf(
  { windows = [] }: Analysis,
  degradation: string,
  size: { readonly width: number; readonly height: number },
): HeatMap {
  const cells = windows.map((window) => ({
    rect: window.rect,
    probability: probabilityOf(window, degradation),
  }));
  return { cells, caption: captionOf(cells, size) };
}

function probabilityOf({ degradations }: WindowAnalysis, degradation: string): number {
  return degradations.find((found) => found.degradation === degradation)?.probability ?? 0;
}

function captionOf(cells: HeatMap["cells"], size: { width: number; height: number }): string {
  if (cells.length === 0) return "";
  const highest = cells.reduce((best, cell) => (cell.probability > best.probability ? cell : best));
  const lowest = cells.reduce((best, cell) => (cell.probability < best.probability ? cell : best));
  if (cells.length === 1) return `The whole photo: ${percent(highest.probability)}`;
  return (
    `${cells.length} parts: ${percent(lowest.probability)} to ${percent(highest.probability)}, ` +
    `strongest ${placeOf(highest.rect, size)}`
  );
}

const percent = (probability: number): string => `${Math.round(probability * 100)} %`;

function placeOf({ x, y, width, height }: Rect, size: { width: number; height: number }): string {
  const third = (at: number, names: readonly [string, string, string]): string =>
    names[Math.min(2, Math.floor(3 * at)) as 0 | 1 | 2];
  const row = third((y + height / 2) / size.height, ["top", "middle", "bottom"]);
  const column = third((x + width / 2) / size.width, ["left", "centre", "right"]);
  return row === "middle" && column === "centre" ? "in the centre" : `at the ${row} ${column}`;
}

/**
 * Draws a heat map over a photo.
 *
 * @param context - in pixels of the screen
 * @param transform - from pixels of the photo to CSS pixels
 * @param density - screen pixels for one CSS pixel
 */
export function drawHeatMap(
  context: CanvasRenderingContext2D,
  cells: HeatMap["cells"],
  transform: ZoomTransform,
  density: number,
): void {
  context.resetTransform();
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = `600 ${Math.round(13 * density)}px system-ui, sans-serif`;
  const { width, height } = context.canvas;
  for (const { rect, probability } of cells) {
    const left = Math.round(transform.applyX(rect.x) * density);
    const top = Math.round(transform.applyY(rect.y) * density);
    const right = Math.round(transform.applyX(rect.x + rect.width) * density);
    const bottom = Math.round(transform.applyY(rect.y + rect.height) * density);
    context.fillStyle = heatColor(probability);
    context.fillRect(left, top, right - left, bottom - top);
    context.strokeStyle = "rgb(255 255 255 / 0.45)";
    context.lineWidth = density;
    context.strokeRect(left + density / 2, top + density / 2, right - left - density, bottom - top - density);
    // In the middle of what is seen of the part.
    const [seenLeft, seenRight] = [Math.max(0, left), Math.min(width, right)];
    const [seenTop, seenBottom] = [Math.max(0, top), Math.min(height, bottom)];
    if (Math.min(seenRight - seenLeft, seenBottom - seenTop) < 34 * density) continue;
    const at = [(seenLeft + seenRight) / 2, (seenTop + seenBottom) / 2] as const;
    const text = percent(probability);
    context.lineWidth = 3 * density;
    context.strokeStyle = "rgb(0 0 0 / 0.75)";
    context.lineJoin = "round";
    context.strokeText(text, ...at);
    context.fillStyle = "#fff";
    context.fillText(text, ...at);
  }
}

/** One hue, so that nobody needs to tell colours apart: the more, the less of the photo shows through. */
function heatColor(probability: number): string {
  return `rgb(${Math.round(120 + 115 * probability)} ${Math.round(20 + 70 * probability)} 20 / ${(0.05 + 0.5 * probability).toFixed(3)})`;
}
