import type { AppliedExpert } from "../../../../src/sdk/restore/index.js";
import type { DegradationProbability } from "../../../../src/sdk/router/index.js";
import type { MetricName, Scores } from "./metrics.js";
import type { RowName } from "./rows.js";

/** What came of one task on one photo. */
export interface TaskResult {
  /** The task's name. */
  readonly task: string;
  /** The degradations that were put in. */
  readonly degradations: readonly string[];
  /** What the router says, the most probable first; null if it was not asked. */
  readonly analysis: readonly DegradationProbability[] | null;
  /** Whether it found nothing; null if it was not in charge. */
  readonly leftAlone: boolean | null;
  /** The experts that it chose; null if it was not in charge. */
  readonly mixture: readonly AppliedExpert[] | null;
  /** The scores that were asked for; null if the row is none of this task, or the model lacks the expert. */
  readonly rows: Readonly<Partial<Record<RowName, Scores | null>>>;
}

/** What the router did to a photo as it was. */
export interface CleanResult {
  /** Whether every probability was under the threshold, so that nothing was changed. */
  readonly leftAlone: boolean;
  /** What the router says, the most probable first. */
  readonly analysis: readonly DegradationProbability[];
  /** PSNR of the result against the photo by the first metric, in dB; `Infinity` if they are equal. */
  readonly psnr: number;
}

/** What came of one photo. */
export interface PhotoResult {
  readonly photo: string;
  readonly width: number;
  readonly height: number;
  /** What the router did to the photo as it was; null if that was not measured, or was with another pair. */
  readonly clean: CleanResult | null;
  readonly tasks: readonly TaskResult[];
}

/** One task over all photos. */
export interface TaskSummary {
  /** The task's name. */
  readonly task: string;
  /** The degradations that were put in. */
  readonly degradations: readonly string[];
  /** On how many photos it was measured. */
  readonly photos: number;
  /** Means over photos of PSNR, in dB, and of SSIM. */
  readonly rows: Readonly<Partial<Record<RowName, Scores | null>>>;
  /** By the first metric: mean PSNR less that of the input, in dB. */
  readonly gain: Readonly<Partial<Record<RowName, number | null>>>;
  /** The share of the faults that are among the router's most probable ones, as many as there are; null if not asked. */
  readonly routerAccuracy: number | null;
}

/** How often each degradation was taken for which. */
export interface Confusion {
  /** What the router knows. */
  readonly found: readonly string[];
  /** One row a degradation that was put in alone. */
  readonly rows: readonly {
    /** What was put in. */
    readonly degradation: string;
    /** How many pictures. */
    readonly pictures: number;
    /** How many of them the router found each degradation most probable in, in the order of `found`. */
    readonly counts: readonly number[];
    /** In how many it found nothing, and changed nothing; null if it was not in charge. */
    readonly leftAlone: number | null;
  }[];
}

/** A model over all photos. */
export interface Summary {
  readonly tasks: readonly TaskSummary[];
  /** The mean accuracy over tasks of one fault; null if there are none. */
  readonly routerAccuracy: number | null;
  /** The same over tasks of two faults. */
  readonly mixedAccuracy: number | null;
  /** The share of clean photos in which the router found nothing; null if none was looked at. */
  readonly cleanLeftAlone: number | null;
  /** The share of clean photos that were left alone or came out at 45 dB or more. */
  readonly cleanUnharmed: number | null;
  /** What was taken for what. */
  readonly confusion: Confusion;
}

/** Output at least this near to a clean photo, in dB, counts as unharmed. */
const unharmedPsnr = 45;

/**
 * Averages over photos; PSNR is averaged in dB, as is usual.
 *
 * @param photos - at least one
 * @param metrics - the metrics; gains are by the first
 */
export function summarize(photos: readonly PhotoResult[], metrics: readonly MetricName[]): Summary {
  const byTask = new Map<string, TaskResult[]>();
  for (const result of photos.flatMap(({ tasks: results }) => results)) {
    byTask.set(result.task, [...(byTask.get(result.task) ?? []), result]);
  }
  const tasks = [...byTask.values()].map((results) => summarizeTask(results, metrics));
  const cleans = photos.flatMap(({ clean }) => (clean === null ? [] : [clean]));
  const accuracyOf = (faults: number): number | null =>
    meanOrNull(
      tasks.flatMap(({ degradations, routerAccuracy }) =>
        degradations.length === faults && routerAccuracy !== null ? [routerAccuracy] : [],
      ),
    );
  return {
    tasks,
    routerAccuracy: accuracyOf(1),
    mixedAccuracy: accuracyOf(2),
    cleanLeftAlone: meanOrNull(cleans.map(({ leftAlone }) => Number(leftAlone))),
    cleanUnharmed: meanOrNull(cleans.map(({ leftAlone, psnr }) => Number(leftAlone || psnr >= unharmedPsnr))),
    confusion: confusionOf([...byTask.values()].flat()),
  };
}

function summarizeTask(results: readonly TaskResult[], metrics: readonly MetricName[]): TaskSummary {
  const { task, degradations, rows: wanted } = results[0]!;
  const rows = Object.fromEntries(
    (Object.keys(wanted) as RowName[]).map((row) => [
      row,
      meanScores(
        results.map((each) => each.rows[row]),
        metrics,
      ),
    ]),
  ) as Partial<Record<RowName, Scores | null>>;
  const psnrOf = (row: RowName): number | undefined => rows[row]?.[metrics[0]!]?.psnr;
  const gain = Object.fromEntries(
    (Object.keys(rows) as RowName[])
      .filter((row) => row !== "input")
      .map((row) => {
        const [before, after] = [psnrOf("input"), psnrOf(row)];
        return [row, before === undefined || after === undefined ? null : after - before];
      }),
  );
  const asked = results.flatMap(({ analysis }) =>
    analysis === null ? [] : [foundShare(analysis, degradations)],
  );
  return { task, degradations, photos: results.length, rows, gain, routerAccuracy: meanOrNull(asked) };
}

/** The share of the faults that are among as many of the most probable ones. */
function foundShare(analysis: readonly DegradationProbability[], degradations: readonly string[]): number {
  const top = analysis.slice(0, degradations.length).map(({ degradation }) => degradation);
  return degradations.filter((degradation) => top.includes(degradation)).length / degradations.length;
}

/** Null if a photo has no score: an expert is there for every photo or for none. */
export function meanScores(
  scores: readonly (Scores | null | undefined)[],
  metrics: readonly MetricName[],
): Scores | null {
  const known = scores.filter((score) => score !== null && score !== undefined);
  if (known.length < scores.length) return null;
  return Object.fromEntries(
    metrics.map((metric) => [
      metric,
      {
        psnr: mean(known.map((score) => score[metric]!.psnr)),
        ssim: mean(known.map((score) => score[metric]!.ssim)),
      },
    ]),
  );
}

function confusionOf(results: readonly TaskResult[]): Confusion {
  const singles = results.filter(
    ({ analysis, degradations }) => analysis !== null && degradations.length === 1,
  );
  const putIn = [...new Set(singles.map(({ degradations }) => degradations[0]!))];
  const known = new Set(singles.flatMap(({ analysis }) => analysis!.map(({ degradation }) => degradation)));
  // The diagonal comes first, in the order of the rows.
  const found = [
    ...putIn.filter((name) => known.has(name)),
    ...[...known].filter((name) => !putIn.includes(name)).sort(),
  ];
  return {
    found,
    rows: putIn.map((degradation) => {
      const of = singles.filter(({ degradations }) => degradations[0] === degradation);
      const alone = of.map(({ leftAlone }) => leftAlone);
      return {
        degradation,
        pictures: of.length,
        counts: found.map((name) => of.filter(({ analysis }) => analysis![0]!.degradation === name).length),
        leftAlone: alone.includes(null) ? null : alone.filter((isAlone) => isAlone === true).length,
      };
    }),
  };
}

function meanOrNull(values: readonly number[]): number | null {
  return values.length === 0 ? null : mean(values);
}

/**
 * The arithmetic mean.
 *
 * @param values - at least one
 */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
