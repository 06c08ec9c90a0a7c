import fs from "node:fs/promises";
import * as v from "valibot";
import { LimpidError } from "../../../../src/sdk/base/index.js";
import type { Evaluation } from "./evaluation.js";
import type { MetricName, Score, Scores } from "./metrics.js";
import { meanScores } from "./summarize.js";

/** A method's means over the photos of a task. */
export interface PeerMethod {
  readonly method: string;
  /** Means over photos. */
  readonly scores: Scores;
}

const scoreSchema = v.object({ psnr: v.number(), ssim: v.number() });
/** What `training/peers` writes: a row for each method on each photo. */
const fileSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    tools: v.string(),
    rows: v.array(
      v.object({
        method: v.string(),
        photo: v.string(),
        task: v.string(),
        scores: v.record(v.string(), scoreSchema),
      }),
    ),
  }),
);

type PeerFile = v.InferOutput<typeof fileSchema>;
type PeerRow = PeerFile["rows"][number];

/** The name under which a peers file has the damaged photo itself. */
const inputMethod = "input";
/** How far the PSNR of the damaged photo may lie from ours, in dB. */
const tolerance = 0.01;

/** Results of other methods on the pictures that a model was measured on. */
export class PeerResults {
  /** The methods' means by task, in the order of the file. */
  readonly tasks: Readonly<Record<string, readonly PeerMethod[]>>;
  /** The tools that ran, as the file says. */
  readonly tools: string;

  private constructor(tools: string, tasks: PeerResults["tasks"]) {
    this.tools = tools;
    this.tasks = tasks;
  }

  /**
   * Reads a file that `training/peers` wrote, and takes the means over the photos of an evaluation.
   *
   * @param path - the file
   * @param evaluation - the results that they are put beside
   * @param note - told of methods that lack a photo, and are left out
   * @throws {@link LimpidError} `FileUnreadable`; `InvalidArgument` if it is no such file, lacks a metric, or was made
   * with other pictures: its damaged photos must have our PSNR
   */
  static async read(
    path: string,
    evaluation: Evaluation,
    note: (text: string) => void,
  ): Promise<PeerResults> {
    const { tools, rows } = await readFile(path);
    const byPicture = new Map<string, PeerRow[]>();
    for (const row of rows) {
      const picture = `${row.task}/${row.photo}`;
      byPicture.set(picture, [...(byPicture.get(picture) ?? []), row]);
    }
    const collected: Record<string, Map<string, Scores[]>> = {};
    const counts: Record<string, number> = {};
    for (const { photo, tasks } of evaluation.photos) {
      for (const { task, rows: own } of tasks) {
        counts[task] = (counts[task] ?? 0) + 1;
        const methods = (collected[task] ??= new Map<string, Scores[]>());
        for (const row of byPicture.get(`${task}/${photo}`) ?? []) {
          checkMetrics(row, evaluation.metrics, path);
          if (row.method === inputMethod) checkInput(row, own.input ?? undefined, path);
          else methods.set(row.method, [...(methods.get(row.method) ?? []), row.scores]);
        }
      }
    }
    const tasks = Object.entries(collected).map(([task, methods]) => {
      const whole = [...methods].filter(([method, scores]) => {
        if (scores.length === counts[task]) return true;
        note(`${path}: ${method} has ${scores.length} of ${counts[task]} photos of ${task} and is left out`);
        return false;
      });
      return [
        task,
        whole.map(([method, scores]) => ({ method, scores: meanScores(scores, evaluation.metrics)! })),
      ] as const;
    });
    return new PeerResults(tools, Object.fromEntries(tasks));
  }

  /** The method with the highest PSNR on a task; undefined if there is none. */
  best(task: string, metric: MetricName): PeerMethod | undefined {
    return [...(this.tasks[task] ?? [])].sort((a, b) => b.scores[metric]!.psnr - a.scores[metric]!.psnr)[0];
  }
}

async function readFile(path: string): Promise<PeerFile> {
  let text: string;
  try {
    text = await fs.readFile(path, "utf8");
  } catch (cause) {
    throw new LimpidError("FileUnreadable", `${path}: cannot be read`, { cause });
  }
  const parsed = v.safeParse(fileSchema, text);
  if (parsed.success) return parsed.output;
  throw new LimpidError(
    "InvalidArgument",
    `${path} is no file of peers: expected {tools, rows: [{method, photo, task, scores}]}`,
  );
}

function checkMetrics({ method, scores }: PeerRow, metrics: readonly MetricName[], path: string): void {
  const missing = metrics.filter((metric) => scores[metric] === undefined);
  if (missing.length === 0) return;
  throw new LimpidError("InvalidArgument", `${path}: ${method} was not measured by ${missing.join(", ")}`);
}

function checkInput({ photo, task, scores }: PeerRow, own: Scores | undefined, path: string): void {
  for (const [metric, score] of Object.entries(own ?? {}) as [MetricName, Score][]) {
    const theirs = scores[metric]!.psnr;
    if (Math.abs(theirs - score.psnr) <= tolerance || theirs === score.psnr) continue;
    throw new LimpidError(
      "InvalidArgument",
      `${path}: ${task} of ${photo} is another picture there: ${theirs.toFixed(2)} dB, not ${score.psnr.toFixed(2)}`,
      { details: { photo, task, metric, expected: score.psnr, found: theirs } },
    );
  }
}
