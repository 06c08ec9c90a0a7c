import { readFileSync } from "node:fs";

/** The bytes of a file below `test/fixtures`, on a buffer of their own. */
export function readFixture(path: string): Uint8Array {
  return Uint8Array.from(readFileSync(new URL(`../fixtures/${path}`, import.meta.url)));
}
