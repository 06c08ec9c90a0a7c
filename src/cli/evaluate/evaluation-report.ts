import type { BackendName } from "../../sdk/engine/index.js";
import type { ErrorReport } from "../describe-error.js";
import type { PhotoResult, Score } from "./evaluate-photo.js";
import { summarize, type Summary, type TaskSummary } from "./summarize.js";

/** A finished evaluation. */
export interface Evaluation {
  /** The model that was measured. */
  readonly model: { readonly id: string; readonly version: string };
  /** The backend that ran. */
  readonly backend: BackendName;
  /** The seed of the damage. */
  readonly seed: number;
  /** One result a photo. */
  readonly photos: readonly PhotoResult[];
  /** Photos that could not be evaluated. */
  readonly failures: readonly { readonly input: string; readonly error: ErrorReport }[];
}

/**
 * What a program reads: one line of JSON. Numbers have four decimals; an infinite PSNR, of equal pictures, is null.
 *
 * @param evaluation - the results
 */
export function evaluationToJson(evaluation: Evaluation): string {
  const { model, backend, seed, photos, failures } = evaluation;
  const summary: Partial<Summary> = photos.length === 0 ? {} : summarize(photos);
  const round = (_: string, value: unknown): unknown =>
    typeof value === "number" && Number.isFinite(value) ? Math.round(value * 1e4) / 1e4 : value;
  return `${JSON.stringify({ model, backend, seed, ...summary, photos, failures }, round)}\n`;
}

/**
 * What a person reads: a table of means.
 *
 * @param evaluation - the results, of at least one photo
 */
export function describeEvaluation({ model, backend, seed, photos }: Evaluation): string {
  const { tasks, routerAccuracy, cleanLeftAlone, cleanUnharmed } = summarize(photos);
  const count = photos.length === 1 ? "1 photo" : `${photos.length} photos`;
  const table = [
    ["task", "input", "", "backbone", "", "expert", "", "routed", "", "gain", "router"],
    ["", ...["dB", "SSIM", "dB", "SSIM", "dB", "SSIM", "dB", "SSIM"], "dB", "right"],
    ...tasks.map(tableRow),
  ];
  return [
    `${model.id} ${model.version} on ${backend}, ${count}, seed ${seed}`,
    "",
    ...alignColumns(table),
    "",
    `router right on damaged photos: ${percent(routerAccuracy)}`,
    `clean photos left alone: ${percent(cleanLeftAlone)}; 45 dB or better: ${percent(cleanUnharmed)}`,
    "",
  ].join("\n");
}

function tableRow({ task, rows, gain, routerAccuracy }: TaskSummary): string[] {
  return [
    task,
    ...[rows.input, rows.backbone, rows.expert, rows.routed].flatMap(scoreCells),
    gain.routed === null ? "-" : `${gain.routed < 0 ? "" : "+"}${gain.routed.toFixed(2)}`,
    percent(routerAccuracy),
  ];
}

function scoreCells(score: Score | null): [string, string] {
  return score === null ? ["-", "-"] : [score.psnr.toFixed(2), score.ssim.toFixed(4)];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

/** Lines with every column as wide as its widest cell; the first to the left, numbers to the right. */
function alignColumns(table: readonly (readonly string[])[]): string[] {
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
}
