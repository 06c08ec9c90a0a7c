import { availableParallelism } from "node:os";
import { dirname, resolve } from "node:path";
import { LimpidError, throwIfAborted } from "limpid";
import type { CommandContext } from "./command-context.js";
import { endOfRun } from "./end-of-run.js";
import { OutputError } from "./files/index.js";
import { findImages, readStandardInput, standardStream } from "./find-images.js";
import { describeRestored, restoredToJson } from "./image-report.js";
import { jobsThatFit } from "./jobs-that-fit.js";
import { makeFolder } from "./make-folder.js";
import { chooseOutputPlace, planOutputs, type FormatChoice, type RestoreTask } from "./plan-outputs.js";
import { readRegularFile } from "./read-regular-file.js";
import {
  identifyRun,
  recordOf,
  stateOfOutput,
  type RestoreRecord,
  type RunIdentity,
} from "./restore-record.js";
import { FileRestorer, type RestoredFile, type RestoreFiles, type RestoreSettings } from "./restore-file.js";
import { RunReport } from "./run-report.js";
import { isInShard, type Shard } from "./shard.js";
import { startService, type Service } from "./worker-thread.js";

/** A run of restores as the command line describes it. */
export interface RestoreRun {
  /** Files and folders. */
  readonly inputs: readonly string[];
  readonly settings: RestoreSettings;
  /** A file or a folder for the results, or `-`; undefined for beside their images. */
  readonly output: string | undefined;
  /** The format of the results; undefined for PNG, or what the file in `output` is called. */
  readonly format: FormatChoice | undefined;
  /** Whether to write a picture of each photo before and after. */
  readonly preview: boolean;
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
  const isStream = place.kind === "stream";
  if (isStream && context.outputColumns !== undefined) {
    throw new LimpidError("InvalidArgument", "a picture would go to the terminal: name a file with -o");
  }
  if (isStream && (run.json || run.preview)) {
    throw new LimpidError(
      "InvalidArgument",
      "--json and --preview need a file for the result: name it with -o",
    );
  }
  const found = run.inputs.includes(standardStream)
    ? { images: [await readStandardInput(context)], failures: [] }
    : await findImages(run.inputs, context.signal);
  const plan = planOutputs(found.images, place, run.force, run.format);
  const { quality } = run.settings;
  const isLossless = ({ format }: RestoreTask): boolean => format === "png" || format === "tiff";
  if (quality !== undefined && run.format !== "same" && plan.tasks.some(isLossless)) {
    throw new LimpidError("InvalidArgument", "--quality is for JPEG and WebP: name one with --format or -o");
  }
  const { shard } = run;
  const tasks = shard === undefined ? plan.tasks : plan.tasks.filter(({ name }) => isInShard(name, shard));
  const failures = [...found.failures, ...plan.failures];
  // Standard output takes the picture, so what is said of it goes beside it.
  const told = isStream ? { ...context, write: context.writeError } : context;
  const report = new RunReport(told, {
    verb: "restored",
    total: tasks.length + failures.length,
    json: run.json,
    firstPart: "looking at it",
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
  const isThreaded = run.jobs > 1 && tasks.length > 1;
  const lines = Array.from({ length }, async () => {
    try {
      await restoreFrom(queue, { ...run, identity, isThreaded }, context, report, signal);
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
 * @returns the photo and the record of its result; undefined if nothing is to be done, which is told
 */
async function prepare(
  { input, output, bytes, format, untouched, preview }: RestoreTask,
  { identity, force, ...run }: IdentifiedRun,
  report: RunReport,
): Promise<RestoreFiles | undefined> {
  try {
    const photo = bytes ?? (await readRegularFile(input));
    const record = await recordOf(input, photo, identity);
    const files = {
      ...{ input, output, format, untouched, photo, record },
      overwrite: force,
      preview: run.preview ? preview : undefined,
    };
    if (output === standardStream) return files;
    if (run.preview && run.inputs.some((path) => resolve(path) === resolve(preview))) {
      throw new OutputError("InputOverwrite", `${input}: its preview ${preview} is an input`);
    }
    await makeFolder(dirname(output));
    let isDone = !force;
    for (const path of run.preview ? [output, preview] : [output]) {
      isDone = (await isThere(path, input, record, force)) && isDone;
    }
    if (!isDone) return files;
    report.skipped(input, output);
  } catch (error) {
    report.failed(input, error);
  }
  return undefined;
}

/** Whether this very result stands there; refuses to replace what is another's. */
async function isThere(
  output: string,
  input: string,
  record: RestoreRecord,
  force: boolean,
): Promise<boolean> {
  const state = await stateOfOutput(output, record);
  if (state === "other" || (state === "foreign" && !force)) {
    const reason =
      state === "other"
        ? "holds the result of another photo; name another folder, or remove it"
        : "is no result of Limpid; --force replaces it";
    throw new OutputError("OutputExists", `${input}: ${output} ${reason}`, { input, output });
  }
  return state === "same";
}

/** A run, what makes its results what they are, and whether threads of their own compute them. */
type IdentifiedRun = RestoreRun & { readonly identity: RunIdentity; readonly isThreaded: boolean };

async function restoreFrom(
  queue: Iterable<RestoreTask>,
  run: IdentifiedRun,
  context: CommandContext,
  report: RunReport,
  signal: AbortSignal,
): Promise<void> {
  let restorer: Service<RestoreFiles, RestoredFile> | undefined;
  try {
    for (const task of queue) {
      throwIfAborted(signal);
      const { input } = task;
      const files = await prepare(task, run, report);
      if (files === undefined) continue;
      if (restorer?.isBroken === true) {
        restorer.close();
        restorer = undefined;
      }
      report.begin(input);
      restorer ??= await openRestorer(run, context, report, signal);
      try {
        const file = await restorer.run(files, {
          signal,
          onProgress: (parts) => report.progress(input, parts),
        });
        if (file.bytes !== undefined) context.write(file.bytes);
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
    restorer?.close();
  }
}

function openRestorer(
  run: IdentifiedRun,
  context: CommandContext,
  report: RunReport,
  signal: AbortSignal,
): Promise<Service<RestoreFiles, RestoredFile>> {
  const note = (text: string): void => report.note(text);
  return run.isThreaded
    ? startService(context.program, run.settings, note, signal)
    : FileRestorer.open(run.settings, note, signal);
}
