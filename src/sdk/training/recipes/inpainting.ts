import { drawEllipse, drawLine, type InkPlane } from "./pen.js";
import type { RandomSource } from "./random-source.js";
import { lerp, type Recipe } from "./recipe.js";
import { letterCount, strokesOf } from "./stroke-font.js";

/** What covers the picture. */
type Blemish = "scratch" | "text" | "blot";

/** What comes together, each as likely as the others. */
const combinations = [
  ["scratch"],
  ["text"],
  ["blot"],
  ["scratch", "text"],
  ["scratch", "blot"],
] as const satisfies readonly (readonly Blemish[])[];

/** The most blemishes of one kind. */
const maximumCount = 200;

/**
 * Damage to a print: scratches and hairs, written words, blots, each kind in one flat colour, together over some 1 to 12 %
 * of the picture. Words are written in a stroke font of our own, where the training uses an outline font.
 */
export const inpainting: Recipe = {
  degradation: "inpainting",
  apply({ width, height, rgb }, severity, source) {
    const goal = lerp(0.012, 0.12, severity);
    const kinds = source.choice(combinations);
    const damaged = rgb.slice();
    for (const kind of kinds) {
      const plane = { width, height, cover: new Float32Array(width * height) };
      drawBlemishes(plane, kind, goal / kinds.length, source);
      paint(damaged, plane.cover, chooseColor(source));
    }
    return { width, height, rgb: damaged };
  },
};

/** Draws blemishes of one kind until they cover, by a rough count, the wanted share of the plane. */
function drawBlemishes(plane: InkPlane, kind: Blemish, goal: number, source: RandomSource): void {
  const draw = { scratch: drawScratch, text: drawWord, blot: drawBlot }[kind];
  const area = plane.width * plane.height;
  let covered = 0;
  for (let count = 0; count < maximumCount && covered < goal; count++) covered += draw(plane, source) / area;
}

/** Draws a wandering scratch and returns about how many pixels it covers. */
function drawScratch(plane: InkPlane, source: RandomSource): number {
  const { width, height } = plane;
  const length = source.uniform(0.2, 1) * Math.min(Math.max(width, height), 300);
  const breadth = Math.max(1, Math.round(2 * source.uniform(1, 3.5))) / 2;
  let angle = source.uniform(0, 2 * Math.PI);
  let from: readonly [number, number] = [source.uniform(0, width), source.uniform(0, height)];
  for (let segment = 0; segment < 7; segment++) {
    angle += source.uniform(-0.35, 0.35);
    const step = length / 7;
    const to = [from[0] + Math.cos(angle) * step, from[1] + Math.sin(angle) * step] as const;
    drawLine(plane, from, to, breadth);
    from = to;
  }
  return length * breadth;
}

/** Writes a word of 4 to 22 letters and returns about how many pixels it covers. */
function drawWord(plane: InkPlane, source: RandomSource): number {
  const size = source.uniform(9, 26);
  const count = source.integer(4, 22);
  const left = source.uniform(-0.2, 0.9) * plane.width;
  const top = source.uniform(-0.05, 0.95) * plane.height;
  const unit = size * 0.105;
  for (let letter = 0; letter < count; letter++) {
    const start = left + letter * size * 0.55;
    const place = ([x, y]: readonly [number, number]): readonly [number, number] => [
      start + x * unit,
      top + size * 0.2 + y * unit,
    ];
    for (const stroke of strokesOf(source.integer(0, letterCount - 1))) {
      for (let point = 1; point < stroke.length; point++) {
        drawLine(plane, place(stroke[point - 1]!), place(stroke[point]!), size * 0.085);
      }
    }
  }
  return count * size * size * 0.14;
}

/** Draws a blot of two to five ellipses and returns about how many pixels it covers. */
function drawBlot(plane: InkPlane, source: RandomSource): number {
  const radius = source.uniform(2, 8);
  const x = source.uniform(0, plane.width);
  const y = source.uniform(0, plane.height);
  for (let parts = source.integer(2, 5); parts > 0; parts--) {
    const radii = [radius * source.uniform(0.5, 1.1), radius * source.uniform(0.5, 1.1)] as const;
    const center = [x + source.uniform(-radius, radius), y + source.uniform(-radius, radius)] as const;
    drawEllipse(plane, center, radii);
  }
  return Math.PI * radius ** 2 * 1.5;
}

/** Black, white, or, half of the time, any colour. */
function chooseColor(source: RandomSource): readonly number[] {
  const grey = source.choice([0, 1, undefined, undefined]);
  return [0, 1, 2].map(() => grey ?? source.uniform(0, 1));
}

/** Lays a colour over the picture in place. */
function paint(rgb: Float32Array, cover: Float32Array, color: readonly number[]): void {
  for (let index = 0; index < rgb.length; index++) {
    const share = cover[(index / 3) | 0]!;
    rgb[index] = rgb[index]! * (1 - share) + color[index % 3]! * share;
  }
}
