import type { Dirent } from "node:fs";
import fs from "node:fs/promises";
import { join } from "node:path";
import { LimpidError } from "limpid";
import {
  describePathFault,
  findPathCollisions,
  integrityFileName,
  signatureFileName,
} from "limpid/authoring";
import type { PackFinding } from "./finding.js";

/** The files of a pack on their way to npm. */
export interface PackContents {
  /** What errors call it. */
  readonly name: string;
  /** Bytes by path inside the pack, sorted. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** What cannot be in a pack. */
  readonly findings: readonly PackFinding[];
}

/** The longest file that is read, in bytes. */
const maximumFileBytes = 512 * 2 ** 20;

/** Files that npm packs whether they are named or not. */
const alwaysPacked =
  /^(?:package\.json|integrity\.json(?:\.sig)?|(?:readme|licen[cs]e|notice|changelog)(?:\.[a-z]+)?)$/i;

/**
 * Reads those files of a folder that go into the pack: what `files` in its `package.json` names, and those that npm always
 * takes along. Names are files and folders; patterns are refused, so that everybody sees what is published.
 *
 * @param folder - the folder with the pack's `package.json`
 * @returns the files, and what is wrong with their names
 * @throws {@link LimpidError} `FileUnreadable` if there is no `package.json`, or a file cannot be read
 */
export async function readPackFolder(folder: string): Promise<PackContents> {
  const findings: PackFinding[] = [];
  const note = (path: string, message: string, fix: string): void => {
    findings.push({ rule: "files", path, message, fix });
  };
  const manifest = await readFile(join(folder, "package.json"));
  const named = listNamed(manifest, note);
  const paths: string[] = [];
  for (const path of await listFiles(folder, "", note)) {
    const isNamed = named.some((name) => path === name || path.startsWith(`${name}/`));
    if (isNamed || alwaysPacked.test(path)) paths.push(path);
  }
  for (const name of named) {
    const isMade = name === integrityFileName || name === signatureFileName;
    if (isMade || paths.some((path) => path === name || path.startsWith(`${name}/`))) continue;
    note(name, "is named in files and is not there", "make it, or take the name out");
  }
  paths.sort();
  for (const path of paths) {
    const fault = describePathFault(path);
    if (fault !== undefined) note(path, `is a path that ${fault}`, "rename it");
  }
  for (const [first, second] of findPathCollisions(paths)) {
    note(
      second,
      `is the same as ${first} where upper and lower case are not told apart`,
      "rename one of them",
    );
  }
  const files = new Map<string, Uint8Array>();
  for (const path of paths) files.set(path, await readFile(join(folder, path)));
  return { name: folder, files, findings };
}

type Note = (path: string, message: string, fix: string) => void;

/** What `files` of a manifest names, without slashes at the end; the manifest's other faults are told elsewhere. */
function listNamed(manifest: Uint8Array, note: Note): string[] {
  let named: unknown;
  try {
    named = (JSON.parse(new TextDecoder().decode(manifest)) as { files?: unknown } | null)?.files;
  } catch {
    return [];
  }
  if (!Array.isArray(named)) {
    note(
      "package.json",
      "does not say which files are published",
      'add "files", such as ["experts", "golden"]',
    );
    return [];
  }
  return named.flatMap((name) => {
    if (typeof name === "string" && !/[*?![\]{}]/.test(name)) return [name.replace(/^\.?\/+|\/+$/g, "")];
    note("package.json", `has ${JSON.stringify(name)} in files`, "name files and folders, without patterns");
    return [];
  });
}

/** All files of a folder and those below, but for hidden ones and node_modules; links are noted, not followed. */
async function listFiles(folder: string, prefix: string, note: Note): Promise<string[]> {
  const entries: Dirent[] = await fs.readdir(join(folder, prefix), { withFileTypes: true });
  const paths: string[] = [];
  for (const entry of entries) {
    const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
    if (entry.name === "node_modules" || entry.name === ".git") continue;
    if (entry.isDirectory()) paths.push(...(await listFiles(folder, path, note)));
    else if (entry.isFile()) paths.push(path);
    else note(path, "is neither a file nor a folder", "put the file itself there");
  }
  return paths;
}

async function readFile(path: string): Promise<Uint8Array> {
  try {
    const { size } = await fs.stat(path);
    if (size > maximumFileBytes) {
      throw new LimpidError("FileUnreadable", `${path}: has ${size} bytes, more than a pack can hold`);
    }
    const { buffer, byteOffset, byteLength } = await fs.readFile(path);
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (cause) {
    if (LimpidError.is(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LimpidError("FileUnreadable", `${path}: cannot be read: ${reason}`, { cause });
  }
}
