import fs from "node:fs/promises";
import { LimpidError } from "limpid";

/**
 * Makes a folder, and those that it is in.
 *
 * @param path - the folder; may exist
 * @throws {@link LimpidError} `FileUnwritable`
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await fs.mkdir(path, { recursive: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LimpidError("FileUnwritable", `${path}: the folder cannot be made: ${reason}`, { cause });
  }
}
