import type { AppliedExpert, DegradationProbability } from "limpid";
import type { AnalyzedFile } from "./analyze-file.js";
import { printableLine } from "./printable.js";
import type { RestoredFile } from "./restore-file.js";

/** Degradations less probable than this are not worth a person's while. */
const worthMentioning = 0.1;

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
  const fields = { input, output, untouched, width, height, backend, analysis, mixture, tiles, tileSize };
  return toLine({ ...fields, milliseconds });
}

/** Any object as one line of JSON. */
export function toLine(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

/** What a person reads of an analysed file. */
export function describeAnalyzed({ input, width, height, analysis, notes }: AnalyzedFile): string {
  return formatBlock(`${input}  ${width} x ${height}`, [
    ["found", describeAnalysis(analysis)],
    ...notes.map((note): [string, string] => ["note", note]),
  ]);
}

/** What a person reads of a restored file. */
export function describeRestored(file: RestoredFile): string {
  const { input, output, width, height, analysis, mixture, backend, tiles, milliseconds, notes } = file;
  const written = file.isUntouched && output !== undefined ? `${output}, the photo as it was` : output;
  const count = tiles === 1 ? "1 tile" : `${tiles} tiles`;
  return formatBlock(`${input}  ${width} x ${height}`, [
    ["found", describeAnalysis(analysis)],
    ...file.perhaps.map(({ degradation, probability, expert }): [string, string] => [
      "perhaps",
      `${degradation} ${formatPercent(probability)}: try --expert ${expert}`,
    ]),
    ["experts", describeMixture(mixture, tiles)],
    ["ran", `on ${backend}, ${count}, ${(milliseconds / 1000).toFixed(1)} s`],
    ["wrote", written ?? "nothing"],
    ...notes.map((note): [string, string] => ["note", note]),
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

function formatBlock(title: string, rows: readonly (readonly [label: string, text: string])[]): string {
  return [title, ...rows.map(([label, text]) => `  ${label.padEnd(8)} ${text}`)]
    .map((line) => `${printableLine(line)}\n`)
    .join("");
}

function roundAnalysis(analysis: readonly DegradationProbability[]): DegradationProbability[] {
  return analysis.map(({ degradation, probability }) => ({ degradation, probability: round(probability) }));
}

/** To four decimals, which is more than a probability or a weight can mean. */
function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
