/**
 * Draws the course of a training, for a page too.
 *
 * @module limpid-cli/training-curve
 */
import { scaleLinear, type ScaleLinear } from "d3-scale";
import { line } from "d3-shape";
import type { TrainingEvaluation } from "limpid/authoring";

/** What a {@link drawTrainingCurve} shows. */
export interface TrainingCurve {
  /** The loss of every step, in dB. */
  readonly losses: readonly number[];
  /** The looks at the held-out pictures. */
  readonly evaluations: readonly TrainingEvaluation[];
  /** Steps of the whole training, to the right edge; those that are done if left out. */
  readonly steps?: number;
}

const size = { width: 720, height: 400 };
const margin = { top: 44, right: 24, bottom: 44, left: 56 };
const colors = { loss: "#b9c4d6", smooth: "#5677a8", heldOut: "#c2452d", axis: "#58616e", grid: "#e6e9ee" };
/** Steps over which the loss is averaged for the dark line. */
const smoothing = 15;

/**
 * Draws the course of a training: the PSNR of each step's patches, faintly and averaged, and that of the held-out pictures.
 *
 * @param curve - what to draw; may be of a training that is still under way
 * @returns an SVG document of 720 x 400
 */
export function drawTrainingCurve({ losses, evaluations, steps = losses.length }: TrainingCurve): string {
  const patches = losses.map((loss, index) => ({ step: index + 1, psnr: -loss }));
  const points = [...patches, ...evaluations];
  const psnrs = points.map(({ psnr }) => psnr).filter(Number.isFinite);
  const x = scaleLinear([0, Math.max(1, steps)], [margin.left, size.width - margin.right]);
  const y = scaleLinear(psnrs.length === 0 ? [0, 1] : [Math.min(...psnrs), Math.max(...psnrs) + 1e-6], [
    size.height - margin.bottom,
    margin.top,
  ]).nice(5);
  const draw = line<TrainingEvaluation>(
    ({ step }) => x(step),
    ({ psnr }) => y(psnr),
  ).digits(1);
  const path = (data: readonly TrainingEvaluation[], stroke: string, width: number): string => {
    const d = draw(data.filter(({ psnr }) => Number.isFinite(psnr)));
    return d === null ? "" : `<path d="${d}" fill="none" stroke="${stroke}" stroke-width="${width}"/>`;
  };
  const dots = evaluations.map(
    ({ step, psnr }) =>
      `<circle cx="${x(step).toFixed(1)}" cy="${y(psnr).toFixed(1)}" r="3" fill="${colors.heldOut}"/>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" ` +
      `viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${size.width}" height="${size.height}" fill="#ffffff"/>`,
    ...drawAxes(x, y),
    path(patches, colors.loss, 1),
    path(average(patches), colors.smooth, 2),
    path(evaluations, colors.heldOut, 2),
    ...dots,
    ...drawLegend(),
    "</svg>",
  ].join("\n");
}

type Scale = ScaleLinear<number, number>;

function drawAxes(x: Scale, y: Scale): string[] {
  const [left, right] = [margin.left, size.width - margin.right];
  const bottom = size.height - margin.bottom;
  const rows = y.ticks(6).flatMap((value) => {
    const at = y(value).toFixed(1);
    return [
      `<line x1="${left}" x2="${right}" y1="${at}" y2="${at}" stroke="${colors.grid}"/>`,
      `<text x="${left - 8}" y="${at}" dy="4" text-anchor="end" fill="${colors.axis}">${y.tickFormat(6)(value)}</text>`,
    ];
  });
  const columns = x
    .ticks(8)
    .filter(Number.isInteger)
    .map(
      (value) =>
        `<text x="${x(value).toFixed(1)}" y="${bottom + 18}" text-anchor="middle" fill="${colors.axis}">${value}</text>`,
    );
  return [
    ...rows,
    ...columns,
    `<line x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}" stroke="${colors.axis}"/>`,
    `<text x="${right}" y="${bottom + 36}" text-anchor="end" fill="${colors.axis}">steps</text>`,
    `<text x="${left - 8}" y="${margin.top - 16}" text-anchor="end" fill="${colors.axis}">dB</text>`,
  ];
}

function drawLegend(): string[] {
  const entries = [
    { text: "PSNR of the step's patches", color: colors.smooth, left: margin.left + 8 },
    { text: "PSNR of held-out pictures", color: colors.heldOut, left: margin.left + 228 },
  ];
  return entries.map(
    ({ text, color, left }) =>
      `<line x1="${left}" x2="${left + 18}" y1="22" y2="22" stroke="${color}" stroke-width="2"/>` +
      `<text x="${left + 24}" y="26" fill="${colors.axis}">${text}</text>`,
  );
}

/** The mean over the last steps. */
function average(points: readonly TrainingEvaluation[]): TrainingEvaluation[] {
  let sum = 0;
  return points.map(({ step, psnr }, index) => {
    sum += psnr - (index >= smoothing ? points[index - smoothing]!.psnr : 0);
    return { step, psnr: sum / Math.min(index + 1, smoothing) };
  });
}
