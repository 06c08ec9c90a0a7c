import { satisfies, compare } from "semver";
import { LimpidError, version as limpidVersion } from "../base/index.js";
import type { PackIntegrity } from "./integrity.js";
import type { ExtensionManifest } from "./manifest.js";
import type { PackIdentity } from "./pack-source.js";

/** The base that packs are installed for. */
export interface PackBase {
  /** The model's id, such as `limpid.compact`. */
  readonly id: string;
  readonly version: string;
  /** SHA-256 of the base's tensors, in hexadecimal. */
  readonly sha256: string;
}

/**
 * Refuses a pack of another id.
 *
 * @param expected - the id that was asked for; any if undefined
 * @throws {@link LimpidError} `PackMismatch`
 */
export function requireId({ id, version }: PackIntegrity, expected: string | undefined): void {
  if (expected === undefined || id === expected) return;
  throw mismatch(`${expected} was asked for, ${id} ${version} was there`, { expected, actual: id });
}

/**
 * Refuses a pack that is another than was asked for, whose parts are of different packs, or that is for other versions of Limpid
 * or another base.
 *
 * @throws {@link LimpidError} `PackMismatch`, `EngineMismatch`, `ExpertMismatch`
 */
export function requireFitting(
  manifest: ExtensionManifest,
  integrity: PackIntegrity,
  base: PackBase,
  expected: PackIdentity | undefined,
): void {
  requireIdentity(manifest, integrity, expected);
  requireEngine(manifest);
  requireBase(manifest, base);
}

function requireIdentity(
  manifest: ExtensionManifest,
  { id, version }: PackIntegrity,
  expected: PackIdentity | undefined,
): void {
  const found = `${manifest.id} ${manifest.version}`;
  if (manifest.id !== id || manifest.version !== version) {
    throw mismatch(`integrity.json is of ${id} ${version}, package.json of ${found}`, {
      expected: { id, version },
      actual: { id: manifest.id, version: manifest.version },
    });
  }
  if (expected === undefined) return;
  if (manifest.name !== expected.name || version !== expected.version) {
    throw mismatch(
      `${expected.name}@${expected.version} was asked for, ${manifest.name}@${version} was there`,
      { expected, actual: { name: manifest.name, version } },
    );
  }
}

function requireEngine({ id, version, engines }: ExtensionManifest): void {
  if (satisfies(limpidVersion, engines.limpid, { includePrerelease: true })) return;
  throw new LimpidError(
    "EngineMismatch",
    `${id} ${version} runs on Limpid ${engines.limpid}, this is ${limpidVersion}`,
    { details: { id, version, required: engines.limpid, actual: limpidVersion } },
  );
}

function requireBase({ id, contributes }: ExtensionManifest, base: PackBase): void {
  for (const expert of contributes.experts) {
    if (expert.base.sha256 === base.sha256) continue;
    throw new LimpidError(
      "ExpertMismatch",
      `${expert.id} of ${id} was made for the base ${expert.base.id} (${expert.base.sha256}), ` +
        `this is ${base.id} ${base.version} (${base.sha256})`,
      { details: { id, expert: expert.id, expected: expert.base, actual: base } },
    );
  }
}

/**
 * Refuses an older version in the place of a newer one, which somebody may offer for its faults.
 *
 * @param installed - the version that is installed, if any
 * @throws {@link LimpidError} `PackOutdated`
 */
export function requireNotOlder(id: string, version: string, installed: string | undefined): void {
  if (installed === undefined || compare(version, installed) >= 0) return;
  throw new LimpidError(
    "PackOutdated",
    `${id} ${version} is older than ${installed}, which is installed; allowOlder installs it all the same`,
    { details: { id, version, installed } },
  );
}

function mismatch(message: string, details: Record<string, unknown>): LimpidError {
  return new LimpidError("PackMismatch", message, { details });
}
