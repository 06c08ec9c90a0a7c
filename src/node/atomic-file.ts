import fs from "node:fs/promises";
import { dirname } from "node:path";
import { LimpidError, throwIfAborted } from "../sdk/base/index.js";
import { partialFile, sweepPartialFiles } from "./partial-files.js";
import { describeSystemError, systemErrorCode } from "./system-error.js";

/** Bytes written between two looks at the abort signal. */
const sliceLength = 4 * 1024 * 1024;

/**
 * Writes a file so that at every moment its name stands for the old content or the whole new one: to a temporary file
 * beside it, flushed to the disk, then renamed. If anything fails the temporary file is removed; what a killed process left is
 * removed by the next one that writes to the folder.
 *
 * @param path - where the file is to be; replaced if it exists
 * @param bytes - the whole content
 * @param signal - aborts between slices of a few megabytes
 * @throws {@link LimpidError} `DiskFull`, `FileUnwritable`, or `Aborted`
 */
export async function writeFileAtomically(
  path: string,
  bytes: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  const folder = dirname(path);
  await sweepPartialFiles(folder);
  const temporary = partialFile(folder);
  try {
    const handle = await fs.open(temporary, "wx");
    try {
      for (let offset = 0; offset < bytes.length; offset += sliceLength) {
        throwIfAborted(signal);
        await handle.writeFile(bytes.subarray(offset, offset + sliceLength));
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    throwIfAborted(signal);
    await fs.rename(temporary, path);
  } catch (error) {
    await fs.rm(temporary, { force: true }).catch(() => undefined);
    throw LimpidError.is(error) ? error : writeError(path, error);
  }
}

function writeError(path: string, cause: unknown): LimpidError {
  const reason = systemErrorCode(cause);
  const details = { path, reason };
  if (reason === "ENOSPC" || reason === "EDQUOT") {
    return new LimpidError("DiskFull", `${path}: no space left on the disk`, { cause, details });
  }
  return new LimpidError("FileUnwritable", `${path}: cannot be written: ${describeSystemError(cause)}`, {
    cause,
    details,
  });
}
