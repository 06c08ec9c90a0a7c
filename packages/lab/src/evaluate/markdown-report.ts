import fs from "node:fs/promises";
import { writeFileAtomically } from "../../../../src/node/index.js";
import { LimpidError } from "../../../../src/sdk/base/index.js";
import { markdownTable } from "../markdown-table.js";
import type { Evaluation } from "./evaluation.js";
import { describeRouter, describeRun, percent, shownRows, signed } from "./evaluation-report.js";
import { metricTitles, type MetricName, type Score, type Scores } from "./metrics.js";
import type { PeerResults } from "./peers.js";
import type { RowName } from "./rows.js";
import { mean, summarize, type Confusion, type TaskSummary } from "./summarize.js";

/**
 * The tables of an evaluation for a document.
 *
 * @param evaluation - the results, of at least one photo
 * @param peers - results of other methods on the same pictures, if there are any
 * @param title - said first, if there is one
 * @returns Markdown, ending in a line end
 */
export function evaluationToMarkdown(
  evaluation: Evaluation,
  peers: PeerResults | undefined,
  title: string | undefined,
): string {
  const { metrics, photos, model } = evaluation;
  const summary = summarize(photos, metrics);
  const rows = shownRows(evaluation, summary.tasks);
  const identity = model === undefined ? "" : `, \`model.json\` ${model.sha256.slice(0, 12)}`;
  const blocks = [
    ...(title === undefined ? [] : [`**${title}.**`]),
    `${describeRun(evaluation)}${identity}.`,
    ...metrics.flatMap((metric) => [
      `PSNR in dB and SSIM; ${metricTitles[metric]}:`,
      mainTable(summary.tasks, rows, metric, peers),
      ...(peers === undefined ? [] : peerTable(summary.tasks, metric, peers)),
    ]),
    ...(describeRouter(summary).length === 0
      ? []
      : [
          describeRouter(summary)
            .map((line) => `- ${line}`)
            .join("\n"),
        ]),
    ...confusionTable(summary.confusion),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function mainTable(
  tasks: readonly TaskSummary[],
  rows: readonly RowName[],
  metric: MetricName,
  peers: PeerResults | undefined,
): string {
  const hasGain = rows.includes("routed") && rows.includes("input");
  const gainOf = (task: TaskSummary): number | null => {
    const [before, after] = [task.rows.input?.[metric]?.psnr, task.rows.routed?.[metric]?.psnr];
    return before === undefined || after === undefined ? null : after - before;
  };
  const hasRouter = tasks.some(({ routerAccuracy }) => routerAccuracy !== null);
  const lines = tasks.map((task) => {
    const best = peers?.best(task.task, metric);
    return [
      task.task,
      ...rows.map((row) => cellOf(task.rows[row], metric)),
      ...(peers === undefined
        ? []
        : [best === undefined ? "-" : `${cellOf(best.scores, metric)} (${best.method})`]),
      ...(hasGain ? [signed(gainOf(task))] : []),
      ...(hasRouter ? [task.routerAccuracy === null ? "-" : percent(task.routerAccuracy)] : []),
    ];
  });
  const meanOf = (row: RowName): string => {
    const known = tasks.flatMap((task) => task.rows[row]?.[metric] ?? []);
    return known.length < tasks.length ? "-" : formatScore(meanScore(known));
  };
  const gains = tasks.map(gainOf);
  const mean = [
    "mean",
    ...rows.map(meanOf),
    ...(peers === undefined ? [] : [""]),
    ...(hasGain
      ? [
          gains.includes(null)
            ? "-"
            : signed(gains.reduce<number>((sum, gain) => sum + gain!, 0) / gains.length),
        ]
      : []),
    ...(hasRouter ? [""] : []),
  ];
  return markdownTable([
    [
      "task",
      ...rows,
      ...(peers === undefined ? [] : ["best classical"]),
      ...(hasGain ? ["gain routed"] : []),
      ...(hasRouter ? ["router right"] : []),
    ],
    ...lines,
    ...(tasks.length > 1 ? [mean] : []),
  ]);
}

function peerTable(tasks: readonly TaskSummary[], metric: MetricName, peers: PeerResults): string[] {
  const lines = tasks.flatMap(({ task, rows }) =>
    (peers.tasks[task] ?? []).map(({ method, scores }) => [
      task,
      method,
      cellOf(scores, metric),
      signed(rows.input?.[metric] === undefined ? null : scores[metric]!.psnr - rows.input[metric].psnr),
    ]),
  );
  if (lines.length === 0) return [];
  return [
    `Classical methods (${peers.tools}) on the same pictures:`,
    markdownTable([["task", "method", "score", "gain"], ...lines]),
  ];
}

function confusionTable({ found, rows }: Confusion): string[] {
  if (found.length === 0 || rows.length === 0) return [];
  const hasAlone = rows.some(({ leftAlone }) => leftAlone !== null);
  return [
    "What the router finds most probable in photos with one fault (rows: the fault that was put in):",
    markdownTable([
      ["", ...found, ...(hasAlone ? ["left alone"] : []), "photos"],
      ...rows.map(({ degradation, counts, leftAlone, pictures }) => [
        degradation,
        ...counts.map((count) => (count === 0 ? "" : String(count))),
        ...(hasAlone ? [String(leftAlone ?? "-")] : []),
        String(pictures),
      ]),
    ]),
  ];
}

function cellOf(scores: Scores | null | undefined, metric: MetricName): string {
  const score = scores?.[metric];
  return score === undefined ? "-" : formatScore(score);
}

function formatScore({ psnr, ssim }: Score): string {
  return `${psnr.toFixed(2)} / ${ssim.toFixed(4)}`;
}

function meanScore(scores: readonly Score[]): Score {
  return { psnr: mean(scores.map(({ psnr }) => psnr)), ssim: mean(scores.map(({ ssim }) => ssim)) };
}

/**
 * Writes Markdown to a file; with `FILE#NAME`, into a document, between the lines `<!-- begin NAME -->` and
 * `<!-- end NAME -->`.
 *
 * @param target - the file, or the file and the name of its part
 * @param markdown - what to write
 * @param signal - gives up when it fires
 * @throws {@link LimpidError} `InvalidArgument` if the document has no such part, `FileUnreadable`, `FileUnwritable`
 */
export async function writeMarkdown(target: string, markdown: string, signal: AbortSignal): Promise<void> {
  const hash = target.lastIndexOf("#");
  const path = hash < 0 ? target : target.slice(0, hash);
  const content = hash < 0 ? markdown : await replacePart(path, target.slice(hash + 1), markdown);
  await writeFileAtomically(path, new TextEncoder().encode(content), signal);
}

async function replacePart(path: string, name: string, markdown: string): Promise<string> {
  let text: string;
  try {
    text = await fs.readFile(path, "utf8");
  } catch (cause) {
    throw new LimpidError("FileUnreadable", `${path}: cannot be read`, { cause });
  }
  const begin = `<!-- begin ${name} -->`;
  const end = `<!-- end ${name} -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) {
    throw new LimpidError("InvalidArgument", `${path} has no part between ${begin} and ${end}`);
  }
  return `${text.slice(0, from + begin.length)}\n\n${markdown}\n${text.slice(to)}`;
}
