import { existsSync } from "node:fs";
import { join } from "node:path";
import sharp, { type OverlayOptions } from "sharp";
import { throwIfAborted } from "../../../../src/sdk/base/index.js";
import type { Evaluation } from "./evaluation.js";
import { makeFolder } from "../../../cli/src/make-folder.js";
import type { RowName } from "./rows.js";
import { detailSide as cell } from "./measure.js";
import { detailPath, fileNameOf } from "./run-evaluate.js";
import { shownRows } from "./evaluation-report.js";
import { summarize } from "./summarize.js";

/** The most photos on one sheet. */
const maximumPhotos = 12;
const gap = 6;
const caption = 22;

/** Where the details that sheets are made of are kept, within the folder of sheets. */
export function detailsFolderOf(folder: string): string {
  return join(folder, "details");
}

/**
 * Draws one PNG a task: a line a photo, with the middle of it damaged, in every row, and clean, and its PSNR.
 *
 * @param folder - where `TASK.png` go; the details are in its folder `details`
 * @param evaluation - the results
 * @param signal - gives up when it fires
 * @returns the files
 */
export async function drawContactSheets(
  folder: string,
  evaluation: Evaluation,
  signal: AbortSignal,
): Promise<readonly string[]> {
  await makeFolder(folder);
  const { tasks } = summarize(evaluation.photos, evaluation.metrics);
  const rows = shownRows(evaluation, tasks);
  const files: string[] = [];
  for (const { task } of tasks) {
    throwIfAborted(signal);
    const file = join(folder, `${fileNameOf(task)}.png`);
    await drawSheet(file, folder, task, rows, evaluation);
    files.push(file);
  }
  return files;
}

async function drawSheet(
  file: string,
  folder: string,
  task: string,
  rows: readonly RowName[],
  { photos, metrics }: Evaluation,
): Promise<void> {
  const lines = photos
    .filter(({ tasks }) => tasks.some((each) => each.task === task))
    .slice(0, maximumPhotos);
  const layers: OverlayOptions[] = [];
  const write = (text: string, column: number, top: number): void => {
    const left = column * (cell + gap) + 4;
    layers.push({
      input: { text: { text: escapeMarkup(text), rgba: true, font: "sans", dpi: 80 } },
      left,
      top: top + 3,
    });
  };
  for (const [column, name] of [...rows, "clean"].entries()) write(name, column, 0);
  for (const [index, { photo, tasks }] of lines.entries()) {
    const top = caption + index * (cell + caption + gap);
    const result = tasks.find((each) => each.task === task)!;
    for (const [column, row] of [...rows, "clean" as const].entries()) {
      const detail = detailPath(detailsFolderOf(folder), { name: task }, { name: photo }, row);
      if (existsSync(detail)) layers.push({ input: detail, left: column * (cell + gap), top });
      const score = row === "clean" ? undefined : result.rows[row]?.[metrics[0]!];
      if (row === "clean") write(photo.slice(-28), column, top + cell);
      else write(score === undefined ? "-" : `${score.psnr.toFixed(2)} dB`, column, top + cell);
    }
  }
  const width = (rows.length + 1) * (cell + gap) - gap;
  const height = caption + lines.length * (cell + caption + gap);
  await sharp({ create: { width, height, channels: 3, background: "#ffffff" } })
    .composite(layers)
    .png()
    .toFile(file);
}

function escapeMarkup(text: string): string {
  const escaped = text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  return `<span foreground="#222222">${escaped}</span>`;
}
