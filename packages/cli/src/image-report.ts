import type { Analysis, AppliedExpert, DegradationProbability } from "limpid";
import type { AnalyzedFile } from "./analyze-file.js";
import type { CommandContext } from "./command-context.js";
import { standardStream } from "./find-images.js";
import { printableLine } from "./printable.js";
import { drawBar } from "./progress-bar.js";
import type { RestoredFile } from "./restore-file.js";

/** Degradations less probable than this are not worth a person's while. */
const worthMentioning = 0.1;
/** Bars that are drawn however improbable, and their most columns. */
const leastBars = 3;
const barColumns = 32;

/** What a program reads of an analysed file: one line of JSON. */
export function analyzedToJson(file: AnalyzedFile): string {
  const { input, width, height, backend, milliseconds } = file;
  const analysis = roundAnalysis(file.analysis);
  return toLine({ input, width, height, backend, analysis, milliseconds: Math.round(milliseconds) });
}

/** What a program reads of a restored file: one line of JSON. */
export function restoredToJson(file: RestoredFile): string {
  const { input, output, width, height, backend, tiles, tileSize } = file;
  const analysis = roundAnalysis(file.analysis);
  const mixture = file.mixture.map(({ expert, weight }) => ({ expert, weight: round(weight) }));
  const milliseconds = Math.round(file.milliseconds);
  const untouched = file.isUntouched || undefined;
  const { preview } = file;
  const fields = {
    input,
    output,
    untouched,
    preview,
    width,
    height,
    backend,
    analysis,
    mixture,
    tiles,
    tileSize,
  };
  return toLine({ ...fields, milliseconds });
}

/** Any object as one line of JSON. */
export function toLine(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

/** What a person reads of an analysed file. */
export function describeAnalyzed(
  { input, width, height, analysis, present, notes }: AnalyzedFile,
  context: Pick<CommandContext, "outputColumns">,
): string {
  return formatLines([
    `${input}  ${width} x ${height}`,
    ...drawDegradations({ degradations: analysis, present }, context),
    ...notes.map((note) => formatRow("note", note)),
  ]);
}

/**
 * The degradations in an image, for a person: on a terminal a bar for each that is worth it, at least three, and whether it
 * counts as found; else one line.
 *
 * @param analysis - what the router said, the most probable first
 * @param context - says where it is shown
 * @returns lines without their ends
 */
export function drawDegradations(
  { degradations, present }: Pick<Analysis, "degradations" | "present">,
  { outputColumns: columns }: Pick<CommandContext, "outputColumns">,
): string[] {
  if (columns === undefined) return [formatRow("found", describeAnalysis(degradations))];
  const shown = degradations.filter(
    ({ probability }, index) => index < leastBars || probability >= worthMentioning / 2,
  );
  const labelWidth = Math.max(...shown.map(({ degradation }) => degradation.length));
  const length = Math.max(8, Math.min(barColumns, columns - labelWidth - "    100 %  found".length));
  return shown.map(({ degradation, probability }) => {
    const bar = drawBar(probability, length);
    const mark = present.some((found) => found.degradation === degradation) ? "  found" : "";
    return `  ${degradation.padEnd(labelWidth)} ${bar} ${formatPercent(probability).padStart(5)}${mark}`;
  });
}

/** What a person reads of a restored file. */
export function describeRestored(file: RestoredFile): string {
  const { input, output, preview, width, height, analysis, mixture, backend, tiles, milliseconds, notes } =
    file;
  const place = output === standardStream ? "to standard output" : output;
  const written = file.isUntouched && place !== undefined ? `${place}, the photo as it was` : place;
  const count = tiles === 1 ? "1 tile" : `${tiles} tiles`;
  return formatLines([
    `${input}  ${width} x ${height}`,
    formatRow("found", describeAnalysis(analysis)),
    ...file.perhaps.map(({ degradation, probability, expert }) =>
      formatRow("perhaps", `${degradation} ${formatPercent(probability)}: try --expert ${expert}`),
    ),
    formatRow("experts", describeMixture(mixture, tiles)),
    formatRow("ran", `on ${backend}, ${count}, ${(milliseconds / 1000).toFixed(1)} s`),
    formatRow("wrote", written ?? "nothing"),
    ...(preview === undefined ? [] : [formatRow("preview", preview)]),
    ...notes.map((note) => formatRow("note", note)),
  ]);
}

function describeAnalysis(analysis: readonly DegradationProbability[]): string {
  const probable = analysis.filter(({ probability }) => probability >= worthMentioning);
  const shown = probable.length > 0 ? probable : analysis.slice(0, 1);
  const list = shown.map(({ degradation, probability }) => `${degradation} ${formatPercent(probability)}`);
  return probable.length > 0 ? list.join(", ") : `nothing (${list.join()})`;
}

function describeMixture(mixture: readonly AppliedExpert[], tiles: number): string {
  if (tiles === 0) return "none, the photo is left as it is";
  if (mixture.length === 0) return "none, the backbone alone";
  return mixture.map(({ expert, weight }) => `${expert} ${weight.toFixed(2)}`).join(", ");
}

function formatPercent(probability: number): string {
  return `${Math.round(probability * 100)} %`;
}

function formatRow(label: string, text: string): string {
  return `  ${label.padEnd(8)} ${text}`;
}

/** Lines with their ends, safe to show. */
export function formatLines(lines: readonly string[]): string {
  return lines.map((line) => `${printableLine(line)}\n`).join("");
}

function roundAnalysis(analysis: readonly DegradationProbability[]): DegradationProbability[] {
  return analysis.map(({ degradation, probability }) => ({ degradation, probability: round(probability) }));
}

/** To four decimals, which is more than a probability or a weight can mean. */
function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
