import fs from "node:fs/promises";
import { LimpidError } from "../../sdk/base/index.js";
import { integrityFileName } from "../../sdk/packs/index.js";

/**
 * The bytes of a pack's `integrity.json`.
 *
 * @param files - the pack
 * @param name - what errors call it
 * @throws {@link LimpidError} `IntegrityMismatch` if there is none
 */
export function requireIntegrity(files: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const list = files.get(integrityFileName);
  if (list !== undefined) return list;
  const problems = [`${integrityFileName} is missing`];
  throw new LimpidError(
    "IntegrityMismatch",
    `${name}: has no ${integrityFileName}; limpid pack build makes it`,
    {
      details: { problems },
    },
  );
}

/**
 * Reads a file into memory.
 *
 * @param path - the file
 * @throws {@link LimpidError} `FileUnreadable`
 */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const { buffer, byteOffset, byteLength } = await fs.readFile(path);
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LimpidError("FileUnreadable", `${path}: cannot be read: ${reason}`, { cause });
  }
}
