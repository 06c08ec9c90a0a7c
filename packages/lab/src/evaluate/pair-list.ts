import { join } from "node:path";
import { writeFileAtomically } from "../../../../src/node/index.js";
import { version } from "../../../../src/sdk/base/index.js";
import { makeFolder } from "../../../cli/src/make-folder.js";
import { pairPaths } from "./run-evaluate.js";
import type { Subject } from "./subjects.js";

/**
 * Writes `pairs.json` beside the pairs, for programs that measure other methods on them.
 *
 * @param folder - the folder of pairs
 * @param subjects - the photos whose pairs are there
 * @param run - the seed, and the square that was cut out
 * @param signal - gives up when it fires
 */
export async function writePairList(
  folder: string,
  subjects: readonly Subject[],
  { seed, crop }: { readonly seed: number; readonly crop: number | undefined },
  signal: AbortSignal,
): Promise<void> {
  const pairs = subjects.flatMap((subject) =>
    subject.tasks.map((task) => ({
      photo: subject.name,
      task: task.name,
      degradations: task.degradations,
      ...pairPaths(subject, task),
    })),
  );
  await makeFolder(folder);
  const text = JSON.stringify({ limpid: version, seed, crop: crop ?? null, pairs }, undefined, 1);
  await writeFileAtomically(join(folder, "pairs.json"), new TextEncoder().encode(`${text}\n`), signal);
}
