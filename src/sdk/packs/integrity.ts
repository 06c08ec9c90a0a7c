import { LimpidError, listFaults } from "../base/index.js";
import { sha256Hex } from "../weights/index.js";
import { parseStrictJson } from "./manifest-json.js";
import { invalidManifest, joinPath, type ManifestProblem } from "./manifest-problem.js";
import { validateSchema } from "./manifest-schema.js";
import { describePathFault, findPathCollisions } from "./pack-path.js";
import { integritySchema } from "./json-schema.js";

/** The file that lists every other file of a pack with its size and hash. */
export const integrityFileName = "integrity.json";

/** What a file of a pack must be. */
export interface IntegrityEntry {
  /** Length in bytes. */
  readonly size: number;
  /** SHA-256, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
}

/** What an `integrity.json` says: every file of the pack but itself and its signature. */
export interface PackIntegrity {
  /** The extension's id, such as `acme.limpid-descreen`. */
  readonly id: string;
  /** The extension's version, semantic. */
  readonly version: string;
  /** The files by path, in the order of the list. */
  readonly files: ReadonlyMap<string, IntegrityEntry>;
}

/** The most files of a pack. */
const maximumFiles = 5000;

/** The longest `integrity.json` that is read, in bytes: some thousand files. */
const maximumIntegrityBytes = 1 << 20;

/**
 * Reads an `integrity.json`.
 *
 * @param bytes - the file
 * @param name - what errors call the extension
 * @returns its content; every path has passed {@link checkPackPath}, and none is another's in other letter case
 * @throws {@link LimpidError} `InvalidManifest`, `details.problems` lists every fault
 */
export function parseIntegrity(bytes: Uint8Array, name: string): PackIntegrity {
  const json = parseStrictJson(bytes, integrityFileName, name, maximumIntegrityBytes, maximumFiles);
  const problems = validateSchema(json, integritySchema);
  if (problems.length > 0) throw invalidManifest(integrityFileName, name, problems);
  const { id, version, files } = json as IntegrityJson;
  const faults = notePaths(Object.keys(files));
  if (faults.length > 0) throw invalidManifest(integrityFileName, name, faults);
  const entries = Object.entries(files).map(([path, { size, sha256 }]) => [path, { size, sha256 }] as const);
  return { id, version, files: new Map(entries) };
}

/**
 * Writes an `integrity.json`. The same files give the same bytes, whatever order they are in.
 *
 * @param id - the extension's id
 * @param version - the extension's version
 * @param files - all files of the pack by path; itself and the signature are passed over
 * @returns the file
 * @throws {@link LimpidError} `InvalidManifest` for paths that cannot be in a pack
 */
export function makeIntegrity(
  id: string,
  version: string,
  files: ReadonlyMap<string, Uint8Array>,
): Uint8Array {
  const paths = [...files.keys()].filter((path) => !isIntegrityFile(path)).sort();
  const faults = notePaths(paths);
  if (faults.length > 0) throw invalidManifest(integrityFileName, id, faults);
  const entries = paths.map((path) => [path, measure(files.get(path)!)] as const);
  const json = { formatVersion: 1, id, version, files: Object.fromEntries(entries) };
  return new TextEncoder().encode(`${JSON.stringify(json, null, 2)}\n`);
}

/** Whether a file is the list or its signature, which the list leaves out. */
function isIntegrityFile(path: string): boolean {
  return path === integrityFileName || path === `${integrityFileName}.sig`;
}

/**
 * Checks one file against the list.
 *
 * @param integrity - the list
 * @param path - the file's path inside the pack
 * @param bytes - the file
 * @throws {@link LimpidError} `IntegrityMismatch` if the list does not have it, or has another size or hash
 */
export function verifyFile(integrity: PackIntegrity, path: string, bytes: Uint8Array): void {
  const problem = compare(integrity, path, bytes);
  if (problem !== undefined) throw mismatch(integrity, [problem]);
}

/**
 * Checks that a pack has exactly the files that the list says, byte for byte.
 *
 * @param integrity - the list
 * @param files - all files of the pack by path
 * @throws {@link LimpidError} `IntegrityMismatch`; `details.problems` lists every file that is missing, unlisted or
 * changed
 */
export function verifyIntegrity(integrity: PackIntegrity, files: ReadonlyMap<string, Uint8Array>): void {
  const missing = [...integrity.files.keys()].filter((path) => !files.has(path));
  const changed = [...files].flatMap(([path, bytes]) =>
    isIntegrityFile(path) ? [] : (compare(integrity, path, bytes) ?? []),
  );
  const problems = [...missing.map((path) => `${path} is missing`), ...changed];
  if (problems.length > 0) throw mismatch(integrity, problems);
}

function compare({ files }: PackIntegrity, path: string, bytes: Uint8Array): string | undefined {
  const expected = files.get(path);
  if (expected === undefined) return `${path} is not listed in ${integrityFileName}`;
  if (bytes.byteLength !== expected.size)
    return `${path} has ${bytes.byteLength} bytes, expected ${expected.size}`;
  const hash = sha256Hex(bytes);
  return hash === expected.sha256 ? undefined : `${path} has SHA-256 ${hash}, expected ${expected.sha256}`;
}

function mismatch({ id, version }: PackIntegrity, problems: readonly string[]): LimpidError {
  return new LimpidError(
    "IntegrityMismatch",
    `${id} ${version} is not as it was published: ${listFaults(problems)}`,
    { details: { id, version, problems } },
  );
}

function measure(bytes: Uint8Array): IntegrityEntry {
  return { size: bytes.byteLength, sha256: sha256Hex(bytes) };
}

function notePaths(paths: readonly string[]): ManifestProblem[] {
  const problems: ManifestProblem[] = [];
  const fix = "name a file inside the pack, in plain letters";
  for (const path of paths) {
    const fault = describePathFault(path);
    if (fault !== undefined)
      problems.push({ path: joinPath("files", path), value: path, message: fault, fix });
    else if (isIntegrityFile(path)) {
      problems.push({
        path: joinPath("files", path),
        value: path,
        message: "cannot list itself",
        fix: "remove it",
      });
    }
  }
  if (problems.length > 0) return problems;
  return findPathCollisions(paths).map(([first, second]) => ({
    path: joinPath("files", second),
    value: second,
    message: `is the same file as ${first} where upper and lower case are not told apart`,
    fix: "rename one of them",
  }));
}

interface IntegrityJson {
  readonly id: string;
  readonly version: string;
  readonly files: Readonly<Record<string, IntegrityEntry>>;
}
