import fs, { constants } from "node:fs/promises";
import { LimpidError } from "limpid";
import { describeSystemError, systemErrorCode } from "../../../src/node/system-error.js";

/**
 * Makes a folder that files can be written to, and those that it is in.
 *
 * @param path - the folder; may exist
 * @throws {@link LimpidError} `FileUnwritable` if it cannot be made, or may not be written to
 */
export async function makeFolder(path: string): Promise<void> {
  let what = "be made";
  try {
    await fs.mkdir(path, { recursive: true });
    what = "be written to";
    await fs.access(path, constants.W_OK);
  } catch (cause) {
    throw new LimpidError(
      "FileUnwritable",
      `${path}: the folder cannot ${what}: ${describeSystemError(cause)}`,
      {
        cause,
        details: { path, reason: systemErrorCode(cause) },
      },
    );
  }
}
