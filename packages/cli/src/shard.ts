import { createHash } from "node:crypto";

/** One of several parts of a set of files. */
export interface Shard {
  /** Which one, from 1. */
  readonly index: number;
  readonly count: number;
}

/**
 * Whether a file belongs to a part. Decided by a hash of its name alone, so that any number of machines agree without
 * talking to each other, wherever the folder is mounted; every file belongs to exactly one part.
 *
 * @param name - the file's name relative to the folder, with forward slashes
 * @param shard - the part
 */
export function isInShard(name: string, { index, count }: Shard): boolean {
  // macOS decomposes accents in file names, the other systems keep them as they were written.
  const hash = createHash("sha256").update(name.normalize("NFC")).digest();
  return hash.readUIntBE(0, 6) % count === index - 1;
}
