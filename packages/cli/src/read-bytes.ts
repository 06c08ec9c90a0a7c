import { readRegularFile } from "./read-regular-file.js";

/**
 * Reads a file into memory.
 *
 * @param path - the file
 * @returns bytes of their own
 * @throws {@link LimpidError} `FileUnreadable`
 */
export async function readBytes(path: string): Promise<Uint8Array> {
  const { buffer, byteOffset, byteLength } = await readRegularFile(path);
  return new Uint8Array(buffer, byteOffset, byteLength);
}
