import { existsSync } from "node:fs";
import fs from "node:fs/promises";
import { resolve } from "node:path";
import { LimpidError, packFilesFromArchive, packFromFiles, packFromUrl, type PackSource } from "limpid";
import { integrityFileName, parseIntegrity, signatureFileName } from "limpid/authoring";
import { packFromDirectory } from "limpid/node";
import { collectBytes } from "./collect-bytes.js";
import { fetchBytes } from "./fetch-bytes.js";
import { readBytes } from "../read-bytes.js";
import { fetchPackage, parsePackageName } from "./npm-registry.js";

/** How the name or the address of a pack in one file ends. */
const archiveName = /\.(?:tgz|zip)(?:[?#]|$)/i;
/** Most bytes of one pack. */
const maximumPackBytes = 256 * 2 ** 20;

/** How people name a pack, for `--help`. */
export const packSpecs = `A pack is named by its npm package (@acme/limpid-descreen, with @1.2.0 behind it
for a certain version), the address of its folder or its .tgz, or a folder or a
.tgz of this machine. npm's packages come from the registry that the variable
npm_config_registry names, else from https://registry.npmjs.org/.`;

/** A pack that a person named. */
export interface FoundPack extends PackSource {
  /** All its files, if they came in one archive. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
}

/**
 * A pack that came in one file.
 *
 * @param archive - an npm tarball or a ZIP archive
 * @param name - where it is
 * @throws {@link LimpidError} `InvalidArchive`, `UnsafePath`
 */
export function packFromArchive(archive: Uint8Array, name: string): FoundPack {
  const files = packFilesFromArchive(archive, { name, maximumBytes: maximumPackBytes });
  return { ...packFromFiles(files, name), files };
}

/** Whether a pack is named by an address. */
function isAddress(spec: string): boolean {
  return /^https?:\/\//i.test(spec);
}

/** Whether there is a folder of that name. */
export async function isFolder(path: string): Promise<boolean> {
  return (await fs.stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/**
 * Where a pack is that a person named.
 *
 * @param spec - an npm package, an address, a folder or an archive; what is on this machine goes before npm's packages
 * @param signal - gives up when it fires
 * @returns the source, to install; its name is a spec again
 * @throws {@link LimpidError} `FileUnreadable` if there is nothing of that name; `PackUnavailable`, `PackTooLarge`,
 * `IntegrityMismatch`, `InvalidArchive`, `UnsafePath`, `Aborted`
 */
export async function findPack(spec: string, signal: AbortSignal): Promise<FoundPack> {
  if (isAddress(spec)) {
    if (!archiveName.test(spec)) return packFromUrl(spec);
    return { ...packFromArchive(await fetchBytes(spec, maximumPackBytes, signal), spec), address: spec };
  }
  if (await isFolder(spec)) return packFromDirectory(spec);
  const named = archiveName.test(spec) ? undefined : parsePackageName(spec);
  if (named === undefined || existsSync(spec)) return packFromArchive(await readBytes(spec), resolve(spec));
  const { archive, address, version } = await fetchPackage(named, maximumPackBytes, signal);
  const expected = { name: named.name, version };
  return { ...packFromArchive(archive, `${named.name}@${version}`), address, expected };
}

/**
 * Reads the list of a pack's files, with their hashes.
 *
 * @param source - the pack
 * @param signal - gives up when it fires
 * @throws {@link LimpidError} `PackUnavailable` if it has none, since it was not built; what the source throws
 */
export async function readList(source: PackSource, signal: AbortSignal): Promise<Uint8Array> {
  const opened = await source.open(integrityFileName, { offset: 0, signal });
  if (opened !== undefined) return collectBytes(opened.bytes, maximumPackBytes, source.name);
  throw new LimpidError(
    "PackUnavailable",
    `${source.name} has no ${integrityFileName}: limpid pack build makes it, and limpid pack try does without`,
  );
}

/**
 * Reads all files of a pack: those of its archive, or those that its list names.
 *
 * @param source - the pack
 * @param signal - gives up when it fires
 * @returns bytes by path, with the list and the signature; they are not checked. Of a pack without a list only `package.json`
 * @throws {@link LimpidError} `PackUnavailable`, `PackTooLarge`, `FileUnreadable`, `InvalidManifest`, `Aborted`
 */
export async function readPack(
  source: FoundPack,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Uint8Array>> {
  if (source.files !== undefined) return source.files;
  const files = new Map<string, Uint8Array>();
  let size = 0;
  const take = async (path: string): Promise<Uint8Array | undefined> => {
    const opened = await source.open(path, { offset: 0, signal });
    if (opened === undefined) return undefined;
    const bytes = await collectBytes(opened.bytes, maximumPackBytes - size, source.name);
    size += bytes.byteLength;
    files.set(path, bytes);
    return bytes;
  };
  const list = await take(integrityFileName);
  await take(signatureFileName);
  const paths = list === undefined ? ["package.json"] : parseIntegrity(list, source.name).files.keys();
  for (const path of paths) await take(path);
  return files;
}
