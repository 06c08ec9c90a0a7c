import fs from "node:fs/promises";
import { dirname, join } from "node:path";
import { LimpidError } from "limpid";
import { writeFileAtomically } from "limpid/node";
import type { CommandContext } from "./command-context.js";
import { makeFolder } from "./make-folder.js";

/**
 * Makes a folder of files that an author goes on from, and says what it made.
 *
 * @param folder - must be empty or not be there
 * @param files - texts by path
 * @param options - `next` is the command to go on with, `json` says it for programs
 * @param context - of the command
 * @throws {@link LimpidError} `FileUnwritable` for a folder that has files already: nothing is overwritten
 */
export async function writeScaffold(
  folder: string,
  files: ReadonlyMap<string, string>,
  { next, json }: { readonly next: string; readonly json: boolean },
  { signal, write }: CommandContext,
): Promise<void> {
  const names = await fs.readdir(folder).catch(() => []);
  if (names.length > 0) {
    throw new LimpidError("FileUnwritable", `${folder}: is there already and not empty; nothing was made`);
  }
  for (const [path, text] of files) {
    const location = join(folder, path);
    await makeFolder(dirname(location));
    await writeFileAtomically(location, new TextEncoder().encode(text), signal);
  }
  const paths = [...files.keys()];
  write(
    json
      ? `${JSON.stringify({ folder, files: paths })}\n`
      : `${paths.map((path) => `${join(folder, path)}\n`).join("")}next: ${next}\n`,
  );
}
