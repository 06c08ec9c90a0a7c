import { LimpidError } from "../base/index.js";
import type { PackHistories } from "./pack-history.js";
import type { PackRecord, PackVersion } from "./pack-record.js";

/**
 * Why a pack is no plain update of what its id stood for before.
 *
 * - `content`: its version was installed before with other files.
 * - `key`: its publisher signed with another key before, or it is signed with the key of another publisher.
 * - `package`: the installed pack is of another npm package.
 * - `source`: the installed pack came from another address.
 */
export type ReplacementReason = "content" | "key" | "package" | "source";

/** Where a version of a pack comes from. */
export interface PackProvenance {
  /** The version, semantic. */
  readonly version: string;
  /** Name of its npm package. */
  readonly package: string;
  /** Where it came from, for people. */
  readonly source: string;
  /** {@link signingKeyId} of the key that it is signed with; undefined if it is not signed. */
  readonly keyId: string | undefined;
}

/** A pack that would take the place of another of its id. */
export interface PackReplacement {
  /** The id that both have. */
  readonly id: string;
  /** What differs, at least one. */
  readonly reasons: readonly ReplacementReason[];
  /** What is installed; undefined if it was uninstalled. */
  readonly before: PackProvenance | undefined;
  /** What would take its place. */
  readonly after: PackProvenance;
}

/** A version on its way in. */
export interface IncomingVersion {
  /** What is noted of it. */
  readonly version: PackVersion;
  /** Whether the application named its key for its publisher. */
  readonly isTrusted: boolean;
}

/**
 * Says in what a version is no plain update.
 *
 * @param record - what is installed; undefined if nothing is
 */
export async function findReplacement(
  id: string,
  { version, isTrusted }: IncomingVersion,
  record: PackRecord | undefined,
  histories: PackHistories,
): Promise<PackReplacement | undefined> {
  const reasons: ReplacementReason[] = [];
  const installed = record?.current;
  const known = [record?.current, record?.previous].find((one) => one?.version === version.version);
  const content = known?.integrity ?? (await histories.get(id)).versions.get(version.version);
  if (content !== undefined && content !== version.integrity) reasons.push("content");
  if (!isTrusted && (await isKeyOfAnother(id, version.signer, installed, histories))) reasons.push("key");
  if (installed !== undefined && installed.package !== version.package) reasons.push("package");
  if (installed !== undefined && placeOf(installed) !== placeOf(version)) reasons.push("source");
  if (reasons.length === 0) return undefined;
  return { id, reasons, before: installed && provenanceOf(installed), after: provenanceOf(version) };
}

/** Whether a replacement makes another extension of an id, to which nothing of the one before belongs. */
export function isOther({ reasons }: PackReplacement): boolean {
  return reasons.some((reason) => reason !== "content");
}

/**
 * Whether what people granted one version holds for another of the same package: if both come from one place. Files that
 * were handed over come from anywhere, unless the same key signed them.
 */
export function inheritsConsent(before: PackVersion, after: PackVersion): boolean {
  if (before.integrity === after.integrity) return true;
  return (
    before.package === after.package &&
    before.signer === after.signer &&
    placeOf(before) === placeOf(after) &&
    (after.address !== undefined || after.signer !== undefined)
  );
}

/** The error for a replacement that nobody confirmed. */
export function replacementRefused(replacement: PackReplacement): LimpidError {
  const { id, reasons, before, after } = replacement;
  const faults = reasons.map((reason) => describeReason(reason, before, after)).join("; ");
  return new LimpidError(
    "ReplacementRefused",
    `${id} ${after.version} is no update of what ${id} was: ${faults}. See PackOptions.confirmReplacement`,
    { details: { ...replacement } },
  );
}

function describeReason(
  reason: ReplacementReason,
  before: PackProvenance | undefined,
  after: PackProvenance,
): string {
  switch (reason) {
    case "content":
      return "this version was installed with other files before";
    case "key":
      return after.keyId === undefined
        ? "it is not signed, and its publisher has signed before"
        : `it is signed with key ${after.keyId}, which is not its publisher's key`;
    case "package":
      return `it is of the package ${after.package}, before of ${before?.package}`;
    case "source":
      return `it comes from ${after.source}, before from ${before?.source}`;
  }
}

/** A publisher keeps the key that it began with, and no two publishers have one. */
async function isKeyOfAnother(
  id: string,
  signer: string | undefined,
  installed: PackVersion | undefined,
  histories: PackHistories,
): Promise<boolean> {
  const publisher = publisherOf(id);
  const key = (await histories.keyOf(publisher)) ?? installed?.signer;
  if (key !== undefined) return key !== signer;
  const owner = signer && (await histories.ownerOf(signer));
  return owner !== undefined && owner !== publisher;
}

/** The publisher in an extension's id. */
export function publisherOf(id: string): string {
  return id.slice(0, id.indexOf("."));
}

/** An address without its version: what stays the same from update to update. */
function placeOf({ address, version }: PackVersion): string | undefined {
  return address?.replaceAll(version, "{version}");
}

function provenanceOf({ version, package: name, source, signer }: PackVersion): PackProvenance {
  return { version, package: name, source, keyId: signer?.slice(0, 16) };
}
