import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { LimpidError, throwIfAborted } from "limpid";
import type { CommandContext } from "./command-context.js";
import { endOfRun } from "./end-of-run.js";
import { findImages } from "./find-images.js";
import { describeRestored, restoredToJson } from "./image-report.js";
import { jobsThatFit } from "./jobs-that-fit.js";
import { makeFolder } from "./make-folder.js";
import { chooseOutputPlace, planOutputs, type RestoreTask } from "./plan-outputs.js";
import {
  identifyRun,
  recordOf,
  stateOfOutput,
  type RestoreRecord,
  type RunIdentity,
} from "./restore-record.js";
import { FileRestorer, type Restorer, type RestoreSettings } from "./restore-file.js";
import { WorkerRestorer } from "./restore-worker.js";
import { RunReport } from "./run-report.js";
import { isInShard, type Shard } from "./shard.js";

/** A run of restores as the command line describes it. */
export interface RestoreRun {
  /** Files and folders. */
  readonly inputs: readonly string[];
  /** How to restore. */
  readonly settings: RestoreSettings;
  /** A file or a folder for the results; undefined for beside their images. */
  readonly output: string | undefined;
  /** Whether outputs that exist are made again. */
  readonly force: boolean;
  /** The part of the files to take; undefined for all of them. */
  readonly shard: Shard | undefined;
  /** How many files are restored at once, each in a thread of its own if more than one. */
  readonly jobs: number;
  /** Whether programs read the results. */
  readonly json: boolean;
}

/**
 * Restores files and tells of it.
 *
 * @param run - what to do
 * @param context - where to tell
 * @returns whether every file was restored, or had been before
 * @throws {@link LimpidError} what ends the whole run; the files restored by then are in place
 */
export async function runRestore(run: RestoreRun, context: CommandContext): Promise<boolean> {
  const place = chooseOutputPlace(run.output, run.inputs);
  const found = await findImages(run.inputs, context.signal);
  const plan = planOutputs(found.images, place, run.force);
  const { shard } = run;
  const tasks = shard === undefined ? plan.tasks : plan.tasks.filter(({ name }) => isInShard(name, shard));
  const failures = [...found.failures, ...plan.failures];
  const report = new RunReport(context, {
    verb: "restored",
    total: tasks.length + failures.length,
    json: run.json,
  });
  for (const { input, error } of failures) report.failed(input, error);
  try {
    await restoreAll(tasks, run, context, report);
  } finally {
    report.end();
  }
  return !report.hasFailures;
}

/** Lets several restorers take tasks from one queue. The first failure that ends the run stops them all. */
async function restoreAll(
  tasks: readonly RestoreTask[],
  run: RestoreRun,
  context: CommandContext,
  report: RunReport,
): Promise<void> {
  if (tasks.length === 0) return;
  const identity = await identifyRun(run.settings, context.signal);
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const queue = tasks.values();
  const machine = { processors: availableParallelism(), freeMemory: process.availableMemory() };
  const jobs = jobsThatFit(run.jobs, machine);
  if (jobs < run.jobs) {
    report.note(
      `${jobs} at once instead of ${run.jobs}: more do not fit into the processors and memory that are free`,
    );
  }
  const length = Math.min(jobs, tasks.length);
  const lines = Array.from({ length }, async () => {
    try {
      await restoreFrom(queue, { ...run, identity }, context, report, signal);
    } catch (error) {
      // What stops the others is the first to be caught: theirs is only that they were stopped.
      const reason: unknown = signal.aborted ? signal.reason : error;
      stop.abort(reason);
      throw error;
    }
  });
  await Promise.allSettled(lines);
  throwIfAborted(context.signal);
  if (stop.signal.aborted) throw stop.signal.reason;
}

/**
 * What is to be known before anything is computed: whether the result can be written, and whether it is there already.
 *
 * @returns the record of the result; undefined if nothing is to be done, which is told
 */
async function prepare(
  { input, output }: RestoreTask,
  { identity, force }: IdentifiedRun,
  report: RunReport,
): Promise<RestoreRecord | undefined> {
  try {
    await makeFolder(dirname(output));
    const record = await recordOf(input, identity);
    const state = await stateOfOutput(output, record);
    if (state === "other" || (state === "foreign" && !force)) {
      const reason =
        state === "other"
          ? "holds the result of another photo; name another folder, or remove it"
          : "is no result of Limpid; --force replaces it";
      throw new LimpidError("OutputExists", `${input}: ${output} ${reason}`, { details: { input, output } });
    }
    if (force || state !== "same") return record;
    report.skipped(input, output);
  } catch (error) {
    report.failed(input, error);
  }
  return undefined;
}

/** A run, and what makes its results what they are. */
type IdentifiedRun = RestoreRun & { readonly identity: RunIdentity };

async function restoreFrom(
  queue: Iterable<RestoreTask>,
  run: IdentifiedRun,
  context: CommandContext,
  report: RunReport,
  signal: AbortSignal,
): Promise<void> {
  let restorer: Restorer | undefined;
  try {
    for (const task of queue) {
      throwIfAborted(signal);
      const { input, output, untouched } = task;
      const record = await prepare(task, run, report);
      if (record === undefined) continue;
      if (restorer?.isBroken === true) {
        await restorer.close();
        restorer = undefined;
      }
      report.begin(input);
      restorer ??= await openRestorer(run, context, report, signal);
      try {
        const onProgress = (done: number, total: number): void => report.progress(input, done, total);
        const files = { input, output, untouched, record, overwrite: run.force };
        const file = await restorer.restore(files, { signal, onProgress });
        const text = run.json ? restoredToJson(file) : describeRestored(file);
        if (file.isUntouched) report.leftAlone(input, text, file.notes);
        else report.done(input, text, file.notes);
      } catch (error) {
        if (signal.aborted) throw error;
        if (LimpidError.is(error) && endOfRun.includes(error.code)) {
          report.ended(input, error);
          throw error;
        }
        report.failed(input, error);
      }
    }
  } finally {
    await restorer?.close();
  }
}

function openRestorer(
  run: RestoreRun,
  context: CommandContext,
  report: RunReport,
  signal: AbortSignal,
): Promise<Restorer> {
  const note = (text: string): void => report.note(text);
  return run.jobs > 1
    ? WorkerRestorer.open(context.program, run.settings, note, signal)
    : FileRestorer.open(run.settings, note, signal);
}
