import type { BackboneConfig } from "../backbone/index.js";
import { LimpidError, throwIfAborted } from "../base/index.js";
import type { ExpertEntry } from "../experts/index.js";
import { sha256Hex } from "../weights/index.js";
import type { BlobStore } from "./blob-store.js";
import { downloadFile, readWhole } from "./download.js";
import type { PackProgress } from "./installed-pack.js";
import { integrityFileName, parseIntegrity, type PackIntegrity } from "./integrity.js";
import type { ExtensionManifest } from "./manifest.js";
import type { PackVersion } from "./pack-record.js";
import type { PackSource } from "./pack-source.js";
import { readPackExperts, readPackManifest, requireEntry, type ReadPackFile } from "./read-pack.js";
import { requireId, type PackBase } from "./require-pack.js";
import { publisherOf, type IncomingVersion } from "./replacement.js";
import type { PackSigner, SignaturePolicy } from "./signature-policy.js";
import { signatureFileName } from "./signature.js";

/** What a pack is fetched with. */
export interface FetchContext {
  readonly blobs: BlobStore;
  readonly base: PackBase;
  readonly config: BackboneConfig;
  readonly maximumBytes: number;
}

/** What a fetch can be told. */
export interface FetchOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: PackProgress) => void;
  /** Asked before more than the manifest is downloaded. */
  readonly accept: (manifest: ExtensionManifest, incoming: IncomingVersion) => Promise<void>;
}

/** A pack of which no more is known than its list of files, and who signed that. */
export interface FoundPack {
  readonly source: PackSource;
  readonly integrity: PackIntegrity;
  /** Its exact bytes. */
  readonly list: Uint8Array;
  readonly signature: Uint8Array | undefined;
  readonly signer: PackSigner | undefined;
}

/** A pack on its way in: everything was checked, nothing is installed. */
export interface FetchedPack extends IncomingVersion {
  readonly manifest: ExtensionManifest;
  readonly integrity: PackIntegrity;
  /** {@link signingKeyId} of the key that signed it. */
  readonly signedBy: string | undefined;
  /** Every file by its hash, the list of files and its signature among them. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  readonly entries: readonly ExpertEntry[];
}

/** The longest list of files, and the longest signature, that is read, in bytes. */
const maximumListBytes = 2 ** 20;
const parallelDownloads = 4;

/**
 * Gets a pack's list of files, and finds out who signed it.
 *
 * @param id - the id that the pack must have; any if undefined
 */
export async function findPack(
  source: PackSource,
  id: string | undefined,
  signatures: SignaturePolicy,
  signal: AbortSignal,
): Promise<FoundPack> {
  const { name } = source;
  const list = await readWhole(source, integrityFileName, maximumListBytes, signal);
  if (list === undefined) {
    throw new LimpidError("PackUnavailable", `${name} has no ${integrityFileName}`, { details: { name } });
  }
  const integrity = parseIntegrity(list, name);
  requireId(integrity, id);
  const signature = await readSignature(source, signal);
  const signer = await signatures.check(list, signature, publisherOf(integrity.id), name);
  return { source, integrity, list, signature, signer };
}

/** Some servers of files answer 403 for a file that is not there. */
async function readSignature(source: PackSource, signal: AbortSignal): Promise<Uint8Array | undefined> {
  try {
    return await readWhole(source, signatureFileName, maximumListBytes, signal);
  } catch (error) {
    if (LimpidError.is(error, "PackUnavailable") && error.details?.status === 403) return undefined;
    throw error;
  }
}

/**
 * Gets every file of a pack and checks it; what is refused is refused before more of it than necessary was downloaded.
 *
 * @param context - what it must fit, and where its files are kept
 * @returns the pack, whose files are in the cache
 */
export async function fetchPack(
  found: FoundPack,
  context: FetchContext,
  options: FetchOptions,
): Promise<FetchedPack> {
  const { source, integrity, list, signature, signer } = found;
  const { name, address } = source;
  const { base, config } = context;
  const read = downloader(source, integrity, context, options);
  const manifest = await readPackManifest(read, name, integrity, base, source.expected);
  const version: PackVersion = {
    version: manifest.version,
    integrity: sha256Hex(list),
    signature: signature && sha256Hex(signature),
    source: name,
    package: manifest.name,
    address,
    signer: signer?.fingerprint,
    granted: undefined,
  };
  const incoming = { version, isTrusted: signer?.isTrusted ?? false };
  await options.accept(manifest, incoming);
  throwIfAborted(options.signal);
  const files = await downloadAll([...integrity.files.keys()], read);
  const readDownloaded: ReadPackFile = (path) => Promise.resolve(files.get(path)!);
  const entries = await readPackExperts(readDownloaded, manifest, integrity, config);
  throwIfAborted(options.signal);
  const blobs = new Map([...files].map(([path, bytes]) => [integrity.files.get(path)!.sha256, bytes]));
  blobs.set(version.integrity, list);
  if (version.signature !== undefined) blobs.set(version.signature, signature!);
  return { ...incoming, integrity, manifest, signedBy: signer?.keyId, blobs, entries };
}

/** Downloads files of one pack and sums up their progress. */
function downloader(
  source: PackSource,
  integrity: PackIntegrity,
  { blobs, maximumBytes }: FetchContext,
  { signal, onProgress }: Pick<FetchOptions, "signal" | "onProgress">,
): ReadPackFile {
  const total = [...integrity.files.values()].reduce((sum, { size }) => sum + size, 0);
  if (total > maximumBytes) {
    throw new LimpidError("PackTooLarge", `${source.name} has ${total} bytes, the limit is ${maximumBytes}`, {
      details: { size: total, limit: maximumBytes },
    });
  }
  const loadedOf = new Map<string, number>();
  let loaded = 0;
  return async (path) => {
    const { size, sha256 } = requireEntry(integrity, path);
    const note = (now: number): void => {
      loaded += now - (loadedOf.get(path) ?? 0);
      loadedOf.set(path, now);
      onProgress?.({ loaded, total, path });
    };
    return downloadFile(source, { file: path, size, sha256 }, blobs, { signal, onProgress: note });
  };
}

/** Reads files, a few at a time. After a failure no other is begun. */
async function downloadAll(
  paths: readonly string[],
  read: ReadPackFile,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const waiting = [...paths];
  const work = async (): Promise<void> => {
    try {
      for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
        files.set(path, await read(path));
      }
    } catch (error) {
      waiting.length = 0;
      throw error;
    }
  };
  const results = await Promise.allSettled(Array.from({ length: parallelDownloads }, work));
  for (const result of results) if (result.status === "rejected") throw result.reason;
  return files;
}
