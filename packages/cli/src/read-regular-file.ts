import fs, { constants } from "node:fs/promises";
import { LimpidError } from "limpid";
import { describeSystemError, systemErrorCode } from "../../../src/node/system-error.js";

/** Opening a pipe that nobody writes to would wait for ever, and no signal could end it. Windows has no such flag. */
const withoutWaiting = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0);

/**
 * Reads a file into memory; pipes, folders and devices are refused.
 *
 * @param path - the file
 * @throws {@link LimpidError} `FileUnreadable`
 */
export async function readRegularFile(path: string): Promise<Buffer> {
  try {
    const handle = await fs.open(path, withoutWaiting);
    try {
      if (!(await handle.stat()).isFile()) throw unreadable(path, "it is not a file", undefined);
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (LimpidError.is(cause)) throw cause;
    throw unreadable(path, describeSystemError(cause), cause);
  }
}

function unreadable(path: string, reason: string, cause: unknown): LimpidError {
  return new LimpidError("FileUnreadable", `${path}: cannot be read: ${reason}`, {
    cause,
    details: { path, reason: systemErrorCode(cause) },
  });
}
