import { existsSync } from "node:fs";
import { join } from "node:path";
import { LimpidError, throwIfAborted, version } from "../../../../src/sdk/base/index.js";
import type { CommandContext } from "../../../cli/src/command-context.js";
import { reportError, type ErrorReport } from "../../../cli/src/describe-error.js";
import { endOfRun } from "../../../cli/src/end-of-run.js";
import { ProgressBar } from "../../../cli/src/progress-bar.js";
import { startService, type Service } from "../../../cli/src/worker-thread.js";
import type { Evaluation } from "./evaluation.js";
import { LocalMeasurer, type MeasureJob, type Measurement, type MeasureSettings } from "./measure.js";
import { readModelIdentity, type ModelIdentity } from "./model-identity.js";
import { ResultStore, type ResultKey, type ResultValue } from "./result-store.js";
import type { RowName } from "./rows.js";
import type { FoundSubjects, Subject, TaskLabel } from "./subjects.js";
import type { CleanResult, PhotoResult, TaskResult } from "./summarize.js";

/** A run as the command line describes it. */
export interface EvaluationRun {
  readonly found: FoundSubjects;
  readonly settings: MeasureSettings;
  readonly rows: readonly RowName[];
  /** Whether photos are also restored as they are. */
  readonly clean: boolean;
  /** Seeds the damage. */
  readonly seed: number;
  /** How many jobs run at once, each in a thread of its own if more than one. */
  readonly jobs: number;
  /** File of results; undefined to keep none. */
  readonly resume: string | undefined;
  /** Folder for pairs of damaged and clean photos; undefined for none. */
  readonly pairsFolder: string | undefined;
  /** Folder for details of the pictures; undefined for none. */
  readonly detailsFolder: string | undefined;
}

/** A job, and what its results are kept under. */
interface PlannedJob {
  readonly subject: Subject;
  readonly part: string;
  readonly job: MeasureJob;
  readonly keyOf: (row: RowName | "router") => ResultKey;
}

/** What tables call a photo that nothing was done to. */
const cleanTask = "clean";

/**
 * Damages, restores and compares; what an earlier run has measured is not measured again.
 *
 * @param run - what to do
 * @param context - where to tell
 * @returns the results
 * @throws {@link LimpidError} what ends the whole run; what was measured by then is in the file of results
 */
export async function runEvaluation(run: EvaluationRun, context: CommandContext): Promise<Evaluation> {
  const { settings, found, seed, rows } = run;
  const note = (text: string): void => context.writeError(`note: ${text}\n`);
  const needsModel = rows.some((row) => row !== "input");
  const model = needsModel ? await readModelIdentity(settings.model, context.signal) : undefined;
  const store = await ResultStore.open(run.resume, note);
  const planner = new Planner(run, model, store);
  const planned = found.subjects.flatMap((subject) => planner.plan(subject));
  const failures = new Map<string, ErrorReport>(
    found.failures.map(({ input, error }) => [input, reportError(error)]),
  );
  if (planner.reused > 0) note(`${planner.reused} results of earlier runs are in ${run.resume ?? ""}`);
  await measureAll(planned, run, context, store, failures);
  const photos = found.subjects
    .filter((subject) => !failures.has(inputOf(subject)))
    .map((subject) => planner.collect(subject));
  return {
    model,
    backends: planner.backends(),
    seed,
    rows,
    metrics: settings.metrics,
    depth: settings.depth,
    crop: settings.crop,
    photos,
    failures: [...failures].map(([input, error]) => ({ input, error })),
  };
}

/** What a failure is about. */
function inputOf({ damaged, clean }: Subject): string {
  return damaged ?? clean;
}

/** Knows what there is to measure of a photo, and under which keys it is kept. */
class Planner {
  /** Rows that need not be measured. */
  reused = 0;
  readonly #run: EvaluationRun;
  readonly #model: ModelIdentity | undefined;
  readonly #store: ResultStore;
  readonly #backends = new Set<string>();

  constructor(run: EvaluationRun, model: ModelIdentity | undefined, store: ResultStore) {
    this.#run = run;
    this.#model = model;
    this.#store = store;
  }

  backends(): readonly string[] {
    return [...this.#backends];
  }

  /** The jobs of which something is missing. */
  plan(subject: Subject): PlannedJob[] {
    const parts = [...(this.#measuresClean(subject) ? [undefined] : []), ...subject.tasks];
    return parts.flatMap((task) => this.#planPart(subject, task) ?? []);
  }

  #planPart(subject: Subject, task: TaskLabel | undefined): PlannedJob | undefined {
    const keyOf = this.#keyOf(subject, task);
    const pair = task && this.#pairFiles(subject, task);
    const details = task && this.#detailFiles(subject, task);
    const isThere = (path: string | undefined): boolean => path === undefined || existsSync(path);
    const rows = this.#rowsOf(task);
    const missing = rows.filter(
      (row) =>
        this.#lookUp(keyOf(row)) === undefined ||
        (this.#lookUp(keyOf(row))?.scores !== null && !isThere(details?.[row])),
    );
    const analyze = this.#model !== undefined && this.#lookUp(keyOf("router")) === undefined;
    const isPairMissing = pair !== undefined && !(isThere(pair.damaged) && isThere(pair.clean));
    this.reused += rows.length - missing.length;
    if (missing.length === 0 && !analyze && !isPairMissing && isThere(details?.clean)) return undefined;
    const job: MeasureJob = {
      photo: task === undefined ? subject.cleanName! : subject.name,
      clean: subject.clean,
      damaged: task === undefined ? undefined : subject.damaged,
      task: task?.name,
      degradations: task?.degradations ?? [],
      seed: this.#run.seed,
      rows: missing,
      analyze,
      pair,
      details,
    };
    return { subject, part: task?.name ?? cleanTask, job, keyOf };
  }

  /** What was measured of a photo. */
  collect(subject: Subject): PhotoResult {
    let size = { width: 0, height: 0 };
    const read = (key: ResultKey): ResultValue => {
      const value = this.#lookUp(key);
      if (value === undefined) throw new Error(`there is no result for ${JSON.stringify(key)}`);
      size = { width: value.width, height: value.height };
      if (value.backend !== null) this.#backends.add(value.backend);
      return value;
    };
    const tasks = subject.tasks.map((task): TaskResult => {
      const keyOf = this.#keyOf(subject, task);
      const rows = this.#rowsOf(task).map((row) => [row, read(keyOf(row))] as const);
      const routed = rows.find(([row]) => row === "routed")?.[1];
      return {
        task: task.name,
        degradations: task.degradations,
        analysis: this.#model === undefined ? null : (read(keyOf("router")).analysis ?? null),
        leftAlone: routed?.leftAlone ?? null,
        mixture: routed?.mixture ?? null,
        rows: Object.fromEntries(
          this.#run.rows.map((row) => [row, rows.find(([name]) => name === row)?.[1].scores ?? null]),
        ),
      };
    });
    const clean = this.#measuresClean(subject)
      ? this.#collectClean(this.#keyOf(subject, undefined), read)
      : null;
    return { photo: subject.name, ...size, clean, tasks };
  }

  #collectClean(keyOf: PlannedJob["keyOf"], read: (key: ResultKey) => ResultValue): CleanResult {
    const { leftAlone, scores } = read(keyOf("routed"));
    return {
      leftAlone: leftAlone ?? false,
      analysis: read(keyOf("router")).analysis ?? [],
      psnr: scores?.[this.#run.settings.metrics[0]!]?.psnr ?? Infinity,
    };
  }

  /** A photo as it is can only be harmed by the router's choice. */
  #measuresClean({ cleanName }: Subject): boolean {
    return this.#run.clean && cleanName !== undefined && this.#run.rows.includes("routed");
  }

  #rowsOf(task: TaskLabel | undefined): readonly RowName[] {
    if (task === undefined) return ["routed"];
    return this.#run.rows.filter((row) => row !== "top-2" || task.degradations.length === 2);
  }

  #lookUp(key: ResultKey): ResultValue | undefined {
    return this.#store.get(key, this.#run.settings.metrics);
  }

  #keyOf(subject: Subject, task: TaskLabel | undefined): (row: RowName | "router") => ResultKey {
    const { seed, settings } = this.#run;
    return (row) => ({
      model: row === "input" ? null : (this.#model?.sha256 ?? null),
      limpid: version,
      photo: task === undefined ? subject.cleanName! : subject.name,
      files: subject.files,
      task: task?.name ?? cleanTask,
      seed,
      depth: settings.depth,
      crop: settings.crop ?? null,
      row,
    });
  }

  #pairFiles(subject: Subject, task: TaskLabel): MeasureJob["pair"] {
    const { pairsFolder } = this.#run;
    if (pairsFolder === undefined) return undefined;
    const { damaged, clean } = pairPaths(subject, task);
    return { damaged: join(pairsFolder, damaged), clean: join(pairsFolder, clean) };
  }

  #detailFiles(subject: Subject, task: TaskLabel): Readonly<Record<string, string>> | undefined {
    const { detailsFolder } = this.#run;
    if (detailsFolder === undefined) return undefined;
    return Object.fromEntries(
      [...this.#rowsOf(task), "clean"].map((row) => [row, detailPath(detailsFolder, task, subject, row)]),
    );
  }
}

/**
 * Where the detail of a picture is kept.
 *
 * @param folder - folder of details
 * @param task - the task
 * @param subject - the photo
 * @param row - the row, or `clean`
 */
export function detailPath(
  folder: string,
  { name: task }: Pick<TaskLabel, "name">,
  { name: photo }: Pick<Subject, "name">,
  row: string,
): string {
  return join(folder, fileNameOf(task), `${fileNameOf(photo)}.${row}.png`);
}

/**
 * Where the two pictures of a pair are written.
 *
 * @returns paths within the folder of pairs, with forward slashes: `rain/a.png` and `clean/a.png`
 */
export function pairPaths(subject: Subject, task: TaskLabel): { damaged: string; clean: string } {
  const file = `${subject.name.replace(/\.png$/i, "")}.png`;
  // Two pairs of different data sets may have the same name.
  const clean = subject.damaged === undefined ? cleanTask : `${fileNameOf(task.name)}.${cleanTask}`;
  return { damaged: `${fileNameOf(task.name)}/${file}`, clean: `${clean}/${file}` };
}

/** A name that every file system takes. */
export function fileNameOf(name: string): string {
  return name.replace(/[/\\:]/g, "-");
}

/** Lets several measurers take jobs from one queue. The first failure that ends the run stops them all. */
async function measureAll(
  planned: readonly PlannedJob[],
  run: EvaluationRun,
  context: CommandContext,
  store: ResultStore,
  failures: Map<string, ErrorReport>,
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const report = new EvaluationProgress(planned, context);
  const queue = planned.values();
  const lines = Array.from({ length: Math.min(run.jobs, planned.length) }, async () => {
    try {
      await measureFrom(queue, { run, context, store, failures, report, signal });
    } catch (error) {
      // What stops the others is the first to be caught: theirs is only that they were stopped.
      stop.abort(signal.aborted ? signal.reason : error);
    }
  });
  await Promise.all(lines);
  report.clear();
  throwIfAborted(context.signal);
  if (stop.signal.aborted) throw stop.signal.reason;
  report.end();
}

/** What one line of work shares with the others. */
interface MeasureLine {
  readonly run: EvaluationRun;
  readonly context: CommandContext;
  readonly store: ResultStore;
  readonly failures: Map<string, ErrorReport>;
  readonly report: EvaluationProgress;
  readonly signal: AbortSignal;
}

async function measureFrom(queue: Iterable<PlannedJob>, line: MeasureLine): Promise<void> {
  const { run, context, store, failures, report, signal } = line;
  const note = (text: string): void => report.note(text);
  let measurer: Service<MeasureJob, Measurement> | undefined;
  try {
    for (const planned of queue) {
      throwIfAborted(signal);
      const input = inputOf(planned.subject);
      if (failures.has(input)) {
        report.done(planned, undefined);
        continue;
      }
      report.begin(planned);
      measurer ??=
        run.jobs > 1
          ? await startService(context.program, run.settings, note, signal)
          : await LocalMeasurer.open(run.settings, note);
      try {
        const measurement = await measurer.run(planned.job, { signal });
        await store.add(resultsOf(planned, measurement));
        report.done(planned, measurement);
      } catch (error) {
        const isEnd = LimpidError.is(error) && [...endOfRun, "FileUnwritable"].includes(error.code);
        if (signal.aborted || isEnd || measurer.isBroken) throw error;
        failures.set(input, reportError(error));
        report.done(planned, undefined);
      }
    }
  } finally {
    measurer?.close();
  }
}

function resultsOf(
  { keyOf, job }: PlannedJob,
  { width, height, backend: ran, analysis, leftAlone, rows }: Measurement,
): { key: ResultKey; value: ResultValue }[] {
  const results = job.rows.map((row) => {
    const { scores, mixture } = rows[row]!;
    const routing = row === "routed" && leftAlone !== undefined ? { leftAlone } : {};
    const backend = row === "input" ? null : (ran ?? null);
    return { key: keyOf(row), value: { width, height, backend, scores, mixture, ...routing } };
  });
  if (analysis === undefined) return results;
  return [...results, { key: keyOf("router"), value: { width, height, backend: ran ?? null, analysis } }];
}

/** Tells how far a run is: a bar on a terminal, else a line a photo; and at the end where the time went. */
class EvaluationProgress {
  readonly #context: CommandContext;
  readonly #bar: ProgressBar;
  /** Jobs that are left of each photo, and the seconds that it took. */
  readonly #subjects = new Map<Subject, { left: number; seconds: number }>();
  readonly #seconds = { files: 0, damage: 0, router: 0, restore: 0, compare: 0 };
  readonly #notes = new Set<string>();
  #finished = 0;
  #restores = 0;

  constructor(planned: readonly PlannedJob[], context: CommandContext) {
    this.#context = context;
    this.#bar = new ProgressBar(context.terminal, planned.length);
    for (const { subject } of planned) {
      const { left = 0 } = this.#subjects.get(subject) ?? {};
      this.#subjects.set(subject, { left: left + 1, seconds: 0 });
    }
  }

  begin({ subject, part }: PlannedJob): void {
    this.#bar.begin(`${subject.name}, ${part}`);
  }

  done({ subject, part }: PlannedJob, measurement: Measurement | undefined): void {
    this.#bar.finish(`${subject.name}, ${part}`);
    const progress = this.#subjects.get(subject)!;
    progress.left--;
    if (measurement !== undefined) {
      for (const [what, seconds] of Object.entries(measurement.seconds) as [
        keyof Measurement["seconds"],
        number,
      ][]) {
        this.#seconds[what] += seconds;
        progress.seconds += seconds;
      }
      this.#restores += measurement.restores;
    }
    if (progress.left > 0) return;
    this.#finished++;
    if (this.#context.terminal !== undefined) return;
    const seconds = progress.seconds.toFixed(1);
    this.#context.writeError(`${this.#finished} of ${this.#subjects.size}  ${subject.name}  ${seconds} s\n`);
  }

  note(text: string): void {
    if (this.#notes.has(text)) return;
    this.#notes.add(text);
    this.#bar.clear();
    this.#context.writeError(`note: ${text}\n`);
  }

  clear(): void {
    this.#bar.clear();
  }

  end(): void {
    const parts = Object.entries(this.#seconds).map(([what, seconds]) => `${what} ${seconds.toFixed(1)} s`);
    if (this.#restores > 0) this.#context.writeError(`${this.#restores} restores; ${parts.join(", ")}\n`);
  }
}
