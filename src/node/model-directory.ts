import fs from "node:fs/promises";
import { join } from "node:path";
import { LimpidError } from "../sdk/base/index.js";
import type { ModelSource } from "../sdk/restore/index.js";
import { describeSystemError, systemErrorCode } from "./system-error.js";
import { packageDirectory } from "./package-directory.js";

/**
 * A model in a folder on this machine.
 *
 * @param path - the folder that holds `model.json`; the model that comes with this package if left out
 * @returns the source, to give to `createLimpid`. Its reads fail with `WeightsMissing` for a file that is not there, and
 * `FileUnreadable` for one that may not be read
 *
 * @example
 * ```ts
 * await installDawn(); // only if the GPU is wanted
 * const limpid = await createLimpid({ model: modelFromDirectory() });
 * ```
 */
export function modelFromDirectory(path = join(packageDirectory(), "models")): ModelSource {
  return {
    name: path,
    async read(file, signal) {
      const location = join(path, ...file.split("/"));
      try {
        const { buffer, byteOffset, byteLength } = await fs.readFile(location, signal ? { signal } : {});
        return new Uint8Array(buffer, byteOffset, byteLength);
      } catch (cause) {
        if (signal?.aborted === true) {
          throw new LimpidError("Aborted", `reading ${location} was aborted`, { cause: signal.reason });
        }
        const code = systemErrorCode(cause);
        const isMissing = code === "ENOENT" || code === "ENOTDIR";
        throw new LimpidError(
          isMissing ? "WeightsMissing" : "FileUnreadable",
          `${location}: ${isMissing ? "is not there" : `cannot be read: ${describeSystemError(cause)}`}`,
          { cause, details: { path: location, reason: code } },
        );
      }
    },
  };
}
