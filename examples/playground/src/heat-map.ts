import type { Analysis, Rect, WindowAnalysis } from "limpid";

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
 * Draws a heat map over a picture.
 *
 * @param canvas - takes the size that it is shown at
 * @param size - of the image
 */
export function drawHeatMap(
  canvas: HTMLCanvasElement,
  { cells }: HeatMap,
  size: { readonly width: number; readonly height: number },
): void {
  const shown = canvas.getBoundingClientRect();
  const density = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(shown.width * density));
  canvas.height = Math.max(1, Math.round(shown.height * density));
  const context = canvas.getContext("2d")!;
  const scale = canvas.width / size.width;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = `600 ${Math.round(13 * density)}px system-ui, sans-serif`;
  for (const { rect, probability } of cells) {
    const x = Math.round(rect.x * scale);
    const y = Math.round(rect.y * scale);
    const width = Math.round((rect.x + rect.width) * scale) - x;
    const height = Math.round((rect.y + rect.height) * scale) - y;
    context.fillStyle = heatColor(probability);
    context.fillRect(x, y, width, height);
    context.strokeStyle = "rgb(255 255 255 / 0.45)";
    context.lineWidth = density;
    context.strokeRect(x + density / 2, y + density / 2, width - density, height - density);
    if (Math.min(width, height) < 34 * density) continue;
    const text = percent(probability);
    context.lineWidth = 3 * density;
    context.strokeStyle = "rgb(0 0 0 / 0.75)";
    context.lineJoin = "round";
    context.strokeText(text, x + width / 2, y + height / 2);
    context.fillStyle = "#fff";
    context.fillText(text, x + width / 2, y + height / 2);
  }
}

/** One hue, so that nobody needs to tell colours apart: the more, the less of the photo shows through. */
function heatColor(probability: number): string {
  return `rgb(${Math.round(120 + 115 * probability)} ${Math.round(20 + 70 * probability)} 20 / ${(0.05 + 0.5 * probability).toFixed(3)})`;
}
