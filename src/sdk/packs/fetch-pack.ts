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
import { requireBase, requireEngine, requireId, requireIdentity, type PackBase } from "./require-pack.js";
import type { SignaturePolicy } from "./signature-policy.js";
import { signatureFileName } from "./signature.js";

/** What a pack is fetched with. */
export interface FetchContext {
  /** Where its files are kept. */
  readonly blobs: BlobStore;
  /** The base that it must fit. */
  readonly base: PackBase;
  /** The base's network. */
  readonly config: BackboneConfig;
  /** Whose packs are taken. */
  readonly signatures: SignaturePolicy;
  /** Most bytes that it may have. */
  readonly maximumBytes: number;
  /** Refuses a version, before much of it was downloaded. */
  readonly requireVersion: (id: string, version: string) => Promise<void>;
}

/** What a fetch can be told. */
export interface FetchOptions {
  /** Gives up when it fires. */
  readonly signal: AbortSignal;
  /** Told how the download goes. */
  readonly onProgress?: (progress: PackProgress) => void;
  /** The id that the pack must have; any if left out. */
  readonly id?: string;
  /** Asked before more than the manifest is downloaded. */
  readonly accept?: (manifest: ExtensionManifest) => void | Promise<void>;
}

/** A pack on its way in: everything was checked, nothing is installed. */
export interface FetchedPack {
  /** What its `package.json` says. */
  readonly manifest: ExtensionManifest;
  /** What its `integrity.json` says. */
  readonly integrity: PackIntegrity;
  /** What is noted of it. */
  readonly version: PackVersion;
  /** The trusted key that signed it. */
  readonly signedBy: string | undefined;
  /** Every file by its hash, the list of files and its signature among them. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  /** Its experts. */
  readonly entries: readonly ExpertEntry[];
}

/** The longest list of files, and the longest signature, that is read, in bytes. */
const maximumListBytes = 2 ** 20;
const parallelDownloads = 4;

/**
 * Gets every file of a pack and checks it; what is refused is refused before more of it than necessary was downloaded.
 *
 * @param source - where it is
 * @param context - what it must fit, and where its files are kept
 * @param options - signal, progress, id
 * @returns the pack, whose files are in the cache
 */
export async function fetchPack(
  source: PackSource,
  context: FetchContext,
  options: FetchOptions,
): Promise<FetchedPack> {
  const { name } = source;
  const { signatures, base, config } = context;
  const list = await readWhole(source, integrityFileName, maximumListBytes, options.signal);
  if (list === undefined) {
    throw new LimpidError("PackUnavailable", `${name} has no ${integrityFileName}`, { details: { name } });
  }
  const integrity = parseIntegrity(list, name);
  requireId(integrity, options.id);
  const signature = signatures.isLookedAt
    ? await readWhole(source, signatureFileName, maximumListBytes, options.signal)
    : undefined;
  const signedBy = await signatures.check(list, signature, name);
  const read = downloader(source, integrity, context, options);
  const manifest = await readPackManifest(read, name);
  requireIdentity(integrity, manifest, source.expected);
  requireEngine(manifest);
  requireBase(manifest, base);
  await context.requireVersion(manifest.id, manifest.version);
  await options.accept?.(manifest);
  throwIfAborted(options.signal);
  const files = await downloadAll([...integrity.files.keys()], read);
  const readDownloaded: ReadPackFile = (path) => Promise.resolve(files.get(path)!);
  const entries = await readPackExperts(readDownloaded, manifest, integrity, config);
  throwIfAborted(options.signal);
  const version = {
    version: manifest.version,
    integrity: sha256Hex(list),
    signature: signature && sha256Hex(signature),
    source: name,
  };
  const blobs = new Map([...files].map(([path, bytes]) => [integrity.files.get(path)!.sha256, bytes]));
  blobs.set(version.integrity, list);
  if (version.signature !== undefined) blobs.set(version.signature, signature!);
  return { integrity, manifest, version, signedBy, blobs, entries };
}

/** Downloads files of one pack and sums up their progress. */
function downloader(
  source: PackSource,
  integrity: PackIntegrity,
  { blobs, maximumBytes }: FetchContext,
  { signal, onProgress }: FetchOptions,
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
