import fs from "node:fs/promises";
import { join } from "node:path";
import { LimpidError } from "limpid";
import {
  type ExtensionManifest,
  integrityFileName,
  makeIntegrity,
  readExpertMetadata,
  sha256Hex,
  signatureFileName,
  type SigningKeys,
  signPack,
} from "limpid/authoring";
import { parseSafetensors } from "limpid/network";
import { writeFileAtomically } from "limpid/node";
import { checkFiles } from "./check-files.js";
import type { PackFinding } from "./finding.js";
import { readPackFolder } from "./pack-contents.js";

/** A pack that is ready to be published. */
export interface BuiltPack {
  readonly manifest: ExtensionManifest;
  /** All its files, `integrity.json` and the signature among them. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly isSigned: boolean;
}

/** What came of a build: either a pack or faults. */
export type BuildResult =
  | { readonly pack: BuiltPack; readonly findings: readonly [] }
  | { readonly pack: undefined; readonly findings: readonly PackFinding[] };

/**
 * Brings a pack's folder to the state in which it is published: sizes, hashes, base and degradations of its experts in
 * `package.json`, and `integrity.json`. If anything is wrong with the files, nothing is written but the manifest's
 * measures.
 *
 * @param folder - the pack's folder
 * @param keys - signs the pack; a signature that is there and no longer fits is removed if left out
 * @param signal - gives up when it fires
 * @returns the pack, or its faults
 * @throws {@link LimpidError} `FileUnreadable`, `FileUnwritable`, `DiskFull`, `Aborted`
 */
export async function buildPack(
  folder: string,
  keys: SigningKeys | undefined,
  signal: AbortSignal,
): Promise<BuildResult> {
  await measureExperts(folder, signal);
  const contents = await readPackFolder(folder);
  const { manifest, findings } = checkFiles(contents);
  if (manifest === undefined || findings.length > 0) return { pack: undefined, findings };
  const integrity = makeIntegrity(manifest.id, manifest.version, contents.files);
  const files = new Map(contents.files).set(integrityFileName, integrity);
  const isSame = sameBytes(contents.files.get(integrityFileName), integrity);
  if (keys !== undefined) files.set(signatureFileName, await signPack(integrity, keys));
  else if (!isSame) files.delete(signatureFileName);
  if (!isSame) await writeFileAtomically(join(folder, integrityFileName), integrity, signal);
  const signature = files.get(signatureFileName);
  if (keys !== undefined && signature !== undefined) {
    await writeFileAtomically(join(folder, signatureFileName), signature, signal);
  } else if (signature === undefined) await fs.rm(join(folder, signatureFileName), { force: true });
  return { pack: { manifest, files, isSigned: signature !== undefined }, findings: [] };
}

type Fields = Record<string, unknown>;

/** Writes into the manifest what the expert files themselves say, as far as they are there and can be read. */
async function measureExperts(folder: string, signal: AbortSignal): Promise<void> {
  const path = join(folder, "package.json");
  const text = await fs.readFile(path, "utf8").catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LimpidError("FileUnreadable", `${path}: cannot be read: ${reason}`, { cause });
  });
  const json = parseObject(text);
  const contributes = json?.contributes as { experts?: unknown } | null | undefined;
  if (json === undefined || !Array.isArray(contributes?.experts)) return;
  for (const expert of contributes.experts as unknown[]) {
    if (typeof expert !== "object" || expert === null) continue;
    const fields = expert as Fields;
    const { file } = fields;
    if (typeof file !== "string" || file.includes("..")) continue;
    const bytes = await fs.readFile(join(folder, file)).catch(() => undefined);
    if (bytes === undefined) continue;
    Object.assign(fields, { size: bytes.byteLength, sha256: sha256Hex(bytes) });
    const metadata = readMetadata(bytes);
    if (metadata === undefined) continue;
    fields.id ??= metadata.id;
    fields.base ??= metadata.base;
    fields.degradations ??= metadata.degradations;
  }
  const indent = /^[ \t]+(?=")/m.exec(text)?.[0] ?? "  ";
  const written = `${JSON.stringify(json, null, indent)}\n`;
  if (written !== text) await writeFileAtomically(path, new TextEncoder().encode(written), signal);
}

function parseObject(text: string): Fields | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null && !Array.isArray(json) ? (json as Fields) : undefined;
  } catch {
    return undefined;
  }
}

function readMetadata(bytes: Uint8Array): ReturnType<typeof readExpertMetadata>["metadata"] | undefined {
  try {
    const { metadata, faults } = readExpertMetadata(parseSafetensors(Uint8Array.from(bytes)).metadata);
    return faults.length === 0 ? metadata : undefined;
  } catch {
    return undefined;
  }
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a?.byteLength === b.byteLength && a.every((byte, index) => byte === b[index]);
}
