import { rowNames, type PhotoResult, type RowName, type Score, type TaskResult } from "./evaluate-photo.js";

/** Output at least this near to a clean photo, in dB, counts as unharmed. */
const unharmedPsnr = 45;

/** One task over all photos. */
export interface TaskSummary {
  /** The task's name. */
  readonly task: string;
  /** The degradation that was put in. */
  readonly degradation: string;
  /** Means of PSNR, in dB, and of SSIM over photos. */
  readonly rows: Readonly<Record<RowName, Score | null>>;
  /** Mean PSNR less that of the input, in dB. */
  readonly gain: Readonly<Record<Exclude<RowName, "input">, number | null>>;
  /** The share of photos on which the router found this degradation the most probable one. */
  readonly routerAccuracy: number;
}

/** A model over all photos. */
export interface Summary {
  /** One for each task. */
  readonly tasks: readonly TaskSummary[];
  /** The mean of the tasks' router accuracies. */
  readonly routerAccuracy: number;
  /** The share of clean photos in which the router found nothing. */
  readonly cleanLeftAlone: number;
  /** The share of clean photos that came out at 45 dB or more. */
  readonly cleanUnharmed: number;
}

/**
 * Averages over photos; PSNR is averaged in dB, as is usual.
 *
 * @param photos - at least one, all with the same tasks
 */
export function summarize(photos: readonly PhotoResult[]): Summary {
  const tasks = photos[0]!.tasks.map((_, index) => summarizeTask(photos.map((photo) => photo.tasks[index]!)));
  return {
    tasks,
    routerAccuracy: mean(tasks.map(({ routerAccuracy }) => routerAccuracy)),
    cleanLeftAlone: mean(photos.map(({ clean }) => Number(clean.leftAlone))),
    cleanUnharmed: mean(photos.map(({ clean }) => Number(clean.psnr >= unharmedPsnr))),
  };
}

function summarizeTask(results: readonly TaskResult[]): TaskSummary {
  const { task, degradation } = results[0]!;
  const [input, backbone, expert, routed] = rowNames.map((row) =>
    meanScore(results.map(({ rows }) => rows[row])),
  ) as [Score | null, Score | null, Score | null, Score | null];
  const gainOf = (score: Score | null): number | null =>
    score === null || input === null ? null : score.psnr - input.psnr;
  return {
    task,
    degradation,
    rows: { input, backbone, expert, routed },
    gain: { backbone: gainOf(backbone), expert: gainOf(expert), routed: gainOf(routed) },
    routerAccuracy: mean(results.map(({ found }) => Number(found === degradation))),
  };
}

/** Null if a photo has no score: an expert is there for every photo or for none. */
function meanScore(scores: readonly (Score | null)[]): Score | null {
  const known = scores.filter((score) => score !== null);
  if (known.length < scores.length) return null;
  return { psnr: mean(known.map(({ psnr }) => psnr)), ssim: mean(known.map(({ ssim }) => ssim)) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
