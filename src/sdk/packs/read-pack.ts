import type { BackboneConfig } from "../backbone/index.js";
import { LimpidError } from "../base/index.js";
import type { ExpertEntry } from "../experts/index.js";
import { readExpertFile } from "./expert-file.js";
import { verifyFile, type IntegrityEntry, type PackIntegrity } from "./integrity.js";
import { parseExtensionManifest, type ContributedExpert, type ExtensionManifest } from "./manifest.js";
import type { PackIdentity } from "./pack-source.js";
import { requireFitting, type PackBase } from "./require-pack.js";

/** Gives a file of a pack, checked against the pack's list. */
export type ReadPackFile = (path: string) => Promise<Uint8Array>;

/**
 * Reads a pack's manifest, if the pack fits.
 *
 * @param expected - which npm package it must be; any if undefined
 * @throws {@link LimpidError} `InvalidManifest`; what {@link requireFitting} throws
 */
export async function readPackManifest(
  read: ReadPackFile,
  name: string,
  integrity: PackIntegrity,
  base: PackBase,
  expected: PackIdentity | undefined,
): Promise<ExtensionManifest> {
  const manifest = parseExtensionManifest(await read("package.json"), name);
  requireFitting(manifest, integrity, base, expected);
  return manifest;
}

/**
 * What a file of a pack must be.
 *
 * @throws {@link LimpidError} `IntegrityMismatch` if the pack has no such file
 */
export function requireEntry(integrity: PackIntegrity, path: string): IntegrityEntry {
  const entry = integrity.files.get(path);
  if (entry === undefined) verifyFile(integrity, path, new Uint8Array()); // throws: it is not listed
  return entry!;
}

/**
 * Reads the experts that a pack brings.
 *
 * @returns entries of which the pack is the owner
 * @throws {@link LimpidError} `IntegrityMismatch` if manifest and list disagree, `PackMismatch` if a file holds another
 * expert than the manifest says, `ExpertMismatch`, `InvalidTensorFile`
 */
export async function readPackExperts(
  read: ReadPackFile,
  manifest: ExtensionManifest,
  integrity: PackIntegrity,
  config: BackboneConfig,
): Promise<readonly ExpertEntry[]> {
  const entries: ExpertEntry[] = [];
  for (const contributed of manifest.contributes.experts) {
    requireListed(contributed, integrity);
    const { expert, routerRow } = readExpertFile(await read(contributed.file), config);
    const { id, strength, base, degradations } = contributed;
    if (
      expert.id !== id ||
      expert.base?.sha256 !== base.sha256 ||
      !isSameSet(expert.degradations, degradations)
    ) {
      throw new LimpidError(
        "PackMismatch",
        `${contributed.file} of ${manifest.id} holds another expert than package.json says: ${expert.id} for ` +
          `${expert.degradations.join(", ")}, expected ${id} for ${degradations.join(", ")}`,
        { details: { path: contributed.file, expected: id, actual: expert.id } },
      );
    }
    entries.push({ expert, strength, owner: manifest.id, ...(routerRow && { routerRow }) });
  }
  return entries;
}

/** The manifest says size and hash of an expert too; it must not contradict the list. */
function requireListed(
  { file, size, sha256 }: ContributedExpert,
  { id, version, files }: PackIntegrity,
): void {
  const listed = files.get(file);
  if (listed?.size === size && listed.sha256 === sha256) return;
  const problem = `package.json and integrity.json disagree on ${file}`;
  throw new LimpidError("IntegrityMismatch", `${id} ${version} is not as it was published: ${problem}`, {
    details: { id, version, problems: [problem] },
  });
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((member) => b.includes(member));
}
