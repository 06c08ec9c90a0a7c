import fs from "node:fs/promises";
import { LimpidError } from "../../../../src/sdk/base/index.js";
import type { BackendName } from "../../../../src/sdk/engine/index.js";
import type { AppliedExpert } from "../../../../src/sdk/restore/index.js";
import type { DegradationProbability } from "../../../../src/sdk/router/index.js";
import type { MetricName, Score, Scores } from "./metrics.js";
import type { RowName } from "./rows.js";

/** What a result is of: two results with equal keys are the same measurement. */
export interface ResultKey {
  /** SHA-256 of the model's `model.json`; null if no model is involved. */
  readonly model: string | null;
  /** Version of Limpid, whose recipes damage the photos. */
  readonly limpid: string;
  /** The photo's name. */
  readonly photo: string;
  /** SHA-256 of its files, shortened. */
  readonly files: string;
  /** The task's name; `clean` for the photo as it is. */
  readonly task: string;
  /** The seed of the run. */
  readonly seed: number;
  /** Bits per sample. */
  readonly depth: number;
  /** Side of the square in the middle; null for the whole photo. */
  readonly crop: number | null;
  /** The row; `router` for what the router says. */
  readonly row: RowName | "router";
}

/** What was measured. */
export interface ResultValue {
  readonly width: number;
  readonly height: number;
  /** The backend that ran; null if none did. */
  readonly backend: BackendName | null;
  /** Of a row: its scores; null if the model lacks the expert. */
  readonly scores?: Scores | null;
  /** Of a row: the experts that ran. */
  readonly mixture?: readonly AppliedExpert[];
  /** Of the row `routed`: whether nothing was found, and nothing changed. */
  readonly leftAlone?: boolean;
  /** Of `router`: what it says, the most probable first. */
  readonly analysis?: readonly DegradationProbability[];
}

/**
 * The results of a run, and of the runs before it if there is a file: one line of JSON a result, written as soon as it
 * is there, so that an interrupted run goes on where it was. Files of several machines may be joined with `cat`.
 */
export class ResultStore {
  readonly #path: string | undefined;
  readonly #values = new Map<string, ResultValue>();
  /** Writes follow each other. */
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(path: string | undefined) {
    this.#path = path;
  }

  /**
   * Reads what there is.
   *
   * @param path - the file; made with the first result if it is not there; undefined to keep nothing
   * @param note - told of lines that cannot be read, as of a run that was cut short while it wrote
   * @throws {@link LimpidError} `FileUnreadable`
   */
  static async open(path: string | undefined, note: (text: string) => void): Promise<ResultStore> {
    const store = new ResultStore(path);
    const text = path === undefined ? "" : await readIfThere(path);
    for (const [index, line] of text.split("\n").entries()) {
      if (line.trim() === "") continue;
      const result = parseLine(line);
      if (result === undefined) note(`${path} line ${index + 1} is no result and is left out`);
      else store.#put(result.key, result.value);
    }
    if (text !== "" && !text.endsWith("\n")) await store.#append("\n");
    return store;
  }

  /**
   * What was measured, if all the metrics of it were.
   *
   * @param key - the measurement
   * @param metrics - the metrics that are wanted of a row
   */
  get(key: ResultKey, metrics: readonly MetricName[]): ResultValue | undefined {
    const value = this.#values.get(identify(key));
    const scores = value?.scores;
    if (scores === undefined || scores === null) return value;
    return metrics.every((metric) => scores[metric] !== undefined) ? value : undefined;
  }

  /**
   * Keeps results.
   *
   * @param results - the measurements
   * @throws {@link LimpidError} `FileUnwritable`
   */
  async add(results: readonly { readonly key: ResultKey; readonly value: ResultValue }[]): Promise<void> {
    for (const { key, value } of results) this.#put(key, value);
    await this.#append(results.map(({ key, value }) => `${JSON.stringify({ ...key, ...value })}\n`).join(""));
  }

  /** Scores of other metrics of the same measurement are kept. */
  #put(key: ResultKey, value: ResultValue): void {
    const id = identify(key);
    const before = this.#values.get(id)?.scores;
    const scores = value.scores && before ? { ...before, ...value.scores } : value.scores;
    this.#values.set(id, scores === undefined ? value : { ...value, scores });
  }

  async #append(text: string): Promise<void> {
    const path = this.#path;
    if (path === undefined) return;
    const write = this.#writing.then(() => fs.appendFile(path, text));
    this.#writing = write.catch(() => undefined);
    await write.catch((cause: unknown) => {
      throw new LimpidError("FileUnwritable", `${path}: results cannot be written`, { cause });
    });
  }
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await fs.readFile(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw new LimpidError("FileUnreadable", `${path}: earlier results cannot be read`, { cause });
  }
}

function identify({ model, limpid, photo, files, task, seed, depth, crop, row }: ResultKey): string {
  return JSON.stringify([model, limpid, photo, files, task, seed, depth, crop, row]);
}

function parseLine(line: string): { key: ResultKey; value: ResultValue } | undefined {
  try {
    const json = JSON.parse(line) as ResultKey & ResultValue;
    if (typeof json.photo !== "string" || typeof json.row !== "string" || typeof json.width !== "number") {
      return undefined;
    }
    const { model, limpid, photo, files, task, seed, depth, crop, row, ...value } = json;
    const key = { model, limpid, photo, files, task, seed, depth, crop, row };
    return { key, value: value.scores ? { ...value, scores: withInfinity(value.scores) } : value };
  } catch {
    return undefined;
  }
}

/** JSON knows no infinity: the PSNR of equal pictures is written as null. */
function withInfinity(scores: Scores): Scores {
  return Object.fromEntries(
    Object.entries(scores).map(([metric, score]: [string, Score | { psnr: null; ssim: number }]) => [
      metric,
      { ...score, psnr: score.psnr ?? Infinity },
    ]),
  );
}
