import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** Where things are on this machine. */
export interface BenchPlaces {
  /** The repository's root folder. */
  readonly root: string;
  /** The program of Chromium. */
  readonly chromium: string;
}

/** Reads a file of the shipped model. */
export async function readModelFile({ root }: BenchPlaces, path: string): Promise<Uint8Array<ArrayBuffer>> {
  return Uint8Array.from(await readFile(join(root, "models", path)));
}

/** The path of a file of one of the bench's packages. */
export function packagePath({ root }: BenchPlaces, path: string): string {
  return join(root, "packages/lab/bench/node_modules", path);
}
