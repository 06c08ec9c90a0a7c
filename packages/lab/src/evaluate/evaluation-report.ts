import type { Evaluation } from "./evaluation.js";
import { metricTitles, type MetricName, type Score, type Scores } from "./metrics.js";
import type { PeerResults } from "./peers.js";
import type { RowName } from "./rows.js";
import { summarize, type Confusion, type Summary, type TaskSummary } from "./summarize.js";

/**
 * What a program reads: one line of JSON. Numbers have four decimals; an infinite PSNR, of equal pictures, is null.
 *
 * @param evaluation - the results
 * @param peers - results of other methods on the same pictures, if there are any
 */
export function evaluationToJson(evaluation: Evaluation, peers: PeerResults | undefined): string {
  const { model = null, backends, seed, rows, metrics, depth, crop = null, photos, failures } = evaluation;
  const summary: Partial<Summary> = photos.length === 0 ? {} : summarize(photos, metrics);
  const round = (_: string, value: unknown): unknown =>
    typeof value === "number" && Number.isFinite(value) ? Math.round(value * 1e4) / 1e4 : value;
  const run = { model, backend: backends.join(" and "), seed, rows, metrics, depth, crop };
  const others = peers === undefined ? {} : { peers: peers.tasks };
  return `${JSON.stringify({ ...run, ...summary, ...others, photos, failures }, round)}\n`;
}

/**
 * What a person reads on a terminal: a table of means for each metric, what the router took for what, and what became of
 * clean photos.
 *
 * @param evaluation - the results, of at least one photo
 * @param peers - results of other methods on the same pictures, if there are any
 */
export function describeEvaluation(evaluation: Evaluation, peers: PeerResults | undefined): string {
  const summary = summarize(evaluation.photos, evaluation.metrics);
  const rows = shownRows(evaluation, summary.tasks);
  const tables = evaluation.metrics.flatMap((metric, index) => [
    "",
    ...(evaluation.metrics.length > 1 ? [metricTitles[metric]] : []),
    ...alignColumns(tableOf(summary.tasks, rows, metric, peers, index === 0)),
  ]);
  const router = describeRouter(summary);
  return [
    describeRun(evaluation),
    ...tables,
    ...(router.length === 0 ? [] : ["", ...router]),
    ...describeConfusion(summary.confusion),
    "",
  ].join("\n");
}

/** One line that says which model ran on what. */
export function describeRun({ model, backends, photos, seed, depth, crop }: Evaluation): string {
  const count = photos.length === 1 ? "1 photo" : `${photos.length} photos`;
  return [
    ...(model === undefined ? [] : [`${model.id} ${model.version} on ${backends.join(" and ")}`]),
    count,
    `seed ${seed}`,
    ...(crop === undefined ? [] : [`${crop} x ${crop} in the middle`]),
    ...(depth === 8 ? [] : [`${depth} bits`]),
  ].join(", ");
}

/** The rows that a table has columns for: those that were asked for and are of any task. */
export function shownRows({ rows }: Evaluation, tasks: readonly TaskSummary[]): readonly RowName[] {
  const hasMixed = tasks.some(({ degradations }) => degradations.length === 2);
  return rows.filter((row) => row !== "top-2" || hasMixed);
}

/** Lines about the router; none if it was not asked. */
export function describeRouter(summary: Summary): readonly string[] {
  const { routerAccuracy, mixedAccuracy, cleanLeftAlone, cleanUnharmed } = summary;
  return [
    ...(routerAccuracy === null ? [] : [`router right on damaged photos: ${percent(routerAccuracy)}`]),
    ...(mixedAccuracy === null
      ? []
      : [`faults of two that the router finds among its two most probable: ${percent(mixedAccuracy)}`]),
    ...(cleanLeftAlone === null || cleanUnharmed === null
      ? []
      : [`clean photos left alone: ${percent(cleanLeftAlone)}; that or 45 dB: ${percent(cleanUnharmed)}`]),
  ];
}

function tableOf(
  tasks: readonly TaskSummary[],
  rows: readonly RowName[],
  metric: MetricName,
  peers: PeerResults | undefined,
  isFirst: boolean,
): string[][] {
  const columns = [...rows, ...(peers === undefined ? [] : ["best peer"])];
  const hasGain = isFirst && rows.includes("routed") && rows.includes("input");
  const hasRouter = isFirst && tasks.some(({ routerAccuracy }) => routerAccuracy !== null);
  return [
    [
      "task",
      ...columns.flatMap((column) => [column, ""]),
      ...(hasGain ? ["gain"] : []),
      ...(hasRouter ? ["router"] : []),
    ],
    [
      "",
      ...columns.flatMap(() => ["dB", "SSIM"]),
      ...(hasGain ? ["dB"] : []),
      ...(hasRouter ? ["right"] : []),
    ],
    ...tasks.map((task) => [
      task.task,
      ...rows.flatMap((row) => scoreCells(scoreOf(task.rows[row], metric))),
      ...(peers === undefined ? [] : scoreCells(scoreOf(peers.best(task.task, metric)?.scores, metric))),
      ...(hasGain ? [signed(task.gain.routed)] : []),
      ...(hasRouter ? [task.routerAccuracy === null ? "-" : percent(task.routerAccuracy)] : []),
    ]),
  ];
}

function scoreOf(scores: Scores | null | undefined, metric: MetricName): Score | null {
  return scores?.[metric] ?? null;
}

function scoreCells(score: Score | null): [string, string] {
  return score === null ? ["-", "-"] : [score.psnr.toFixed(2), score.ssim.toFixed(4)];
}

/** A gain with its sign. */
export function signed(gain: number | null | undefined): string {
  return gain === null || gain === undefined ? "-" : `${gain < 0 ? "" : "+"}${gain.toFixed(2)}`;
}

/** A share as people write it. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

function describeConfusion({ found, rows }: Confusion): readonly string[] {
  if (found.length === 0 || rows.length === 0) return [];
  const hasAlone = rows.some(({ leftAlone }) => leftAlone !== null);
  const table = [
    ["put in", ...found, ...(hasAlone ? ["left alone"] : []), "of"],
    ...rows.map(({ degradation, counts, leftAlone, pictures }) => [
      degradation,
      ...counts.map((count) => (count === 0 ? "." : String(count))),
      ...(hasAlone ? [leftAlone === null ? "-" : String(leftAlone)] : []),
      String(pictures),
    ]),
  ];
  return ["", "what the router finds most probable:", ...alignColumns(table)];
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
