import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import { LimpidError, throwIfAborted } from "../../../../src/sdk/base/index.js";
import { degradationNames } from "../../../../src/sdk/training/index.js";
import { isInShard, type Shard } from "../../../cli/src/shard.js";
import { findPairs, listPhotos } from "../../../cli/src/pair-folders.js";
import { chooseTasks, type EvaluationTask } from "./tasks.js";

/** What is wrong with a damaged photo, and what tables call it. */
export type TaskLabel = Pick<EvaluationTask, "name" | "degradations">;

/** A photo, or a pair of a damaged and a clean one, and what is measured on it. */
export interface Subject {
  /** The name of the photo, or of the damaged one of a pair, within its folder. */
  readonly name: string;
  /** The clean photo. */
  readonly clean: string;
  /** The damaged one; undefined if tasks are to damage the clean one. */
  readonly damaged: string | undefined;
  readonly tasks: readonly TaskLabel[];
  /** The name of the clean photo, if it is to be measured as it is; undefined if another pair does that. */
  readonly cleanName: string | undefined;
  /** SHA-256 of the files, shortened. */
  readonly files: string;
}

/** Folders of a data set. */
export interface PairFolders {
  /** What is wrong with the damaged pictures. */
  readonly task: TaskLabel;
  /** Folder of damaged pictures. */
  readonly damaged: string;
  /** Folder of clean pictures. */
  readonly clean: string;
}

/** Which photos are taken. */
export interface SubjectChoice {
  /** Only those of this part; all if undefined. */
  readonly shard: Shard | undefined;
  /** At most so many of each folder, by name; all if undefined. */
  readonly limit: number | undefined;
}

/** What folders lead to. */
export interface FoundSubjects {
  /** What is to be measured. */
  readonly subjects: readonly Subject[];
  /** Pictures that come to nothing. */
  readonly failures: readonly { readonly input: string; readonly error: unknown }[];
}

/**
 * What `--pairs` calls a data set: a degradation, or a task's name.
 *
 * @param name - such as `rain`, `noise-25` or `rain+haze`
 * @throws {@link LimpidError} `InvalidArgument`
 */
export function labelOf(name: string): TaskLabel {
  if (degradationNames.includes(name)) return { name, degradations: [name] };
  const tasks = chooseTasks([name]);
  if (tasks.length === 1) return { name, degradations: tasks[0]!.degradations };
  throw new LimpidError("InvalidArgument", `${name} is no single task`, { details: { task: name } });
}

/**
 * The clean photos of a folder, each to be damaged by every task.
 *
 * @param folder - the folder
 * @param tasks - the tasks
 * @param choice - which photos
 * @param signal - gives up when it fires
 * @throws {@link LimpidError} `FileUnreadable` if there is no photo, `Aborted`
 */
export async function findPhotos(
  folder: string,
  tasks: readonly TaskLabel[],
  { shard, limit }: SubjectChoice,
  signal: AbortSignal,
): Promise<FoundSubjects> {
  const images = await listPhotos(folder, signal);
  const taken = images.filter(({ name }) => shard === undefined || isInShard(name, shard)).slice(0, limit);
  const labels = tasks.map(({ name, degradations }) => ({ name, degradations }));
  const subjects: Subject[] = [];
  for (const { path, name } of taken) {
    throwIfAborted(signal);
    const files = await digestOf([path]);
    subjects.push({ name, clean: path, damaged: undefined, tasks: labels, cleanName: name, files });
  }
  return { subjects, failures: [] };
}

/**
 * The pairs of data sets.
 *
 * @param sets - the data sets, each with another task
 * @param choice - which photos
 * @param signal - gives up when it fires
 * @throws {@link LimpidError} `FileUnreadable` if a folder has no picture, `InvalidArgument` if two have the same task,
 * `Aborted`
 */
export async function findPairSubjects(
  sets: readonly PairFolders[],
  { shard, limit }: SubjectChoice,
  signal: AbortSignal,
): Promise<FoundSubjects> {
  const subjects: Subject[] = [];
  const failures: FoundSubjects["failures"][number][] = [];
  const cleans = new Set<string>();
  for (const [index, { task, damaged, clean }] of sets.entries()) {
    if (sets.findIndex((set) => set.task.name === task.name) !== index) {
      throw new LimpidError("InvalidArgument", `two data sets are called ${task.name}`);
    }
    const found = await findPairs(damaged, clean, signal);
    failures.push(...found.failures);
    const taken = found.pairs.filter(
      ({ damaged: { name } }) => shard === undefined || isInShard(name, shard),
    );
    for (const pair of taken.slice(0, limit)) {
      throwIfAborted(signal);
      const isNew = !cleans.has(pair.clean.path);
      cleans.add(pair.clean.path);
      subjects.push({
        name: pair.damaged.name,
        clean: pair.clean.path,
        damaged: pair.damaged.path,
        tasks: [task],
        cleanName: isNew ? pair.clean.name : undefined,
        files: await digestOf([pair.damaged.path, pair.clean.path]),
      });
    }
  }
  return { subjects, failures };
}

/** A short hash of files; those that cannot be read come to light when they are measured. */
async function digestOf(paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of paths) {
    hash.update(await fs.readFile(path).catch(() => path));
  }
  return hash.digest("hex").slice(0, 16);
}
