import { parameters } from "./parameters.js";
import { anywhere, cover, fillEllipse, pen, stroke, type Place } from "./pen.js";
import type { RandomSource } from "./random-source.js";
import { lerp } from "./range.js";
import { blankField, type Raster } from "./raster.js";

const p = parameters.inpainting;

/** Draws one mark on a mask. */
type Drawing = (mask: Raster, source: RandomSource) => void;

const drawings = {
  brush: drawBrush,
  pen: drawPen,
  scratch: drawScratch,
  blot: drawBlot,
  hand: drawHandwriting,
} as const satisfies Record<string, Drawing>;

/** What comes together, each as likely as the others. */
const combinations = [
  ["brush"],
  ["pen"],
  ["blot"],
  ["hand"],
  ["brush", "blot"],
  ["pen", "hand"],
  ["scratch"],
  ["scratch", "blot"],
] as const satisfies readonly (readonly (keyof typeof drawings)[])[];

/** Strokes of a brush or a pen, blots, handwriting, thin scratches, in one colour each. */
export function drawnOn(x: Raster, severity: number, source: RandomSource): Raster {
  let y = x;
  for (const kind of source.choice(combinations)) {
    const mask = blankField(x);
    const most = Math.max(1, Math.round(lerp(p.marks, severity) / (kind === "brush" ? 6 : 2)));
    for (let count = source.integer(1, most); count > 0; count--) drawings[kind](mask, source);
    const any = [source.uniform(0, 1), source.uniform(0, 1), source.uniform(0, 1)];
    const color = source.choice([[0, 0, 0], [1, 1, 1], any]);
    y = cover(y, mask, color, source.uniform(0, 0.7), source.uniform(0.85, 1));
  }
  return y;
}

function longerSide({ width, height }: Raster): number {
  return Math.max(width, height);
}

function drawBrush(mask: Raster, source: RandomSource): void {
  const longer = longerSide(mask);
  const step = longer * source.uniform(0.03, 0.09);
  const path = pen(source, source.integer(3, 9), anywhere(source, mask), 0.9, step);
  stroke(mask, path, longer * source.logarithmic(...p.stroke));
}

function drawPen(mask: Raster, source: RandomSource): void {
  const step = longerSide(mask) * source.uniform(0.01, 0.05);
  const path = pen(source, source.integer(8, 24), anywhere(source, mask), 0.7, step);
  stroke(mask, path, source.uniform(1.5, 4));
}

function drawScratch(mask: Raster, source: RandomSource): void {
  const step = longerSide(mask) * source.uniform(0.02, 0.1);
  stroke(mask, pen(source, 7, anywhere(source, mask), 0.35, step), source.uniform(1, 3.5));
}

function drawBlot(mask: Raster, source: RandomSource): void {
  const r = source.logarithmic(2, 0.04 * longerSide(mask) + 3);
  const [cx, cy] = anywhere(source, mask);
  for (let parts = source.integer(2, 5); parts > 0; parts--) {
    const center = [cx + source.uniform(-r, r), cy + source.uniform(-r, r)] as const;
    fillEllipse(mask, center, [r * source.uniform(0.4, 1.1), r * source.uniform(0.4, 1.1)]);
  }
}

/** Joined loops along a line: somebody signed it. */
export function drawHandwriting(mask: Raster, source: RandomSource): void {
  const size = source.uniform(0.012, 0.05) * longerSide(mask);
  const [cx, cy] = anywhere(source, mask);
  const turn = source.uniform(-0.5, 0.5);
  const loops = Array.from({ length: source.integer(12, 60) }, (_, index): Place => {
    const t = index * 0.9;
    return [
      cx + Math.cos(turn) * t * size * 0.3 + Math.sin(t) * size * source.uniform(0.2, 0.7),
      cy + Math.sin(turn) * t * size * 0.3 - Math.cos(t) * size * source.uniform(0.3, 1.1),
    ];
  });
  stroke(mask, loops, source.uniform(1, 3));
}
