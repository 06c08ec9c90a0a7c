import fs from "node:fs/promises";
import { LimpidError } from "limpid";

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
