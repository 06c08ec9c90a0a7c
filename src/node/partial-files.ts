import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { systemErrorCode } from "./system-error.js";

/** Tells this machine's files from those of others in a shared folder. */
const machine = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
const pattern = /^\.limpid-(?:([0-9a-f]{8})-(\d+)-)?[0-9a-f]{12}\.part$/;
/** Older than this, a file is nobody's, whatever machine wrote it. */
const dayInMilliseconds = 24 * 60 * 60 * 1000;
const swept = new Set<string>();

/** A name, in the folder of the file that it becomes, for what is not complete yet. It says which process writes it. */
export function partialFile(folder: string): string {
  return join(folder, `.limpid-${machine}-${process.pid}-${randomBytes(6).toString("hex")}.part`);
}

/**
 * Removes what processes that were killed while they wrote left in a folder. Done once for a folder by each process.
 *
 * @param folder - the folder; what cannot be looked at or removed stays
 */
export async function sweepPartialFiles(folder: string): Promise<void> {
  if (swept.has(folder)) return;
  swept.add(folder);
  const names = await fs.readdir(folder).catch(() => []);
  for (const name of names) {
    const path = join(folder, name);
    if (await isLeftOver(path, name)) await fs.rm(path, { force: true }).catch(() => undefined);
  }
}

async function isLeftOver(path: string, name: string): Promise<boolean> {
  const [match, from, pid] = pattern.exec(name) ?? [];
  if (match === undefined) return false;
  if (from === machine && !isAlive(Number(pid))) return true;
  const { mtimeMs } = await fs.stat(path).catch(() => ({ mtimeMs: Infinity }));
  return Date.now() - mtimeMs > dayInMilliseconds;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process may not be asked.
    return systemErrorCode(error) === "EPERM";
  }
}
