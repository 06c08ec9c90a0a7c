import { LimpidError, readAtMost, throwIfAborted } from "../base/index.js";
import { sha256Hex } from "../weights/index.js";
import type { BlobStore } from "./blob-store.js";
import type { PackFile } from "./manifest.js";
import type { OpenedFile, PackSource } from "./pack-source.js";

/** How a file is downloaded. */
export interface DownloadOptions {
  /** Gives up when it fires; what has come so far is kept. */
  readonly signal?: AbortSignal;
  /** Told how much of the file is there. */
  readonly onProgress?: (loaded: number) => void;
}

/** Bytes that are kept at a time, so that a page that closes loses no more. */
const partLength = 256 * 1024;

/**
 * Reads a small file whole: the list of files and its signature, which nothing vouches for before it was read.
 *
 * @param limit - most bytes that it may have
 * @returns undefined if the pack has no such file
 * @throws {@link LimpidError} `PackUnavailable`, `PackTooLarge`, `Aborted`
 */
export async function readWhole(
  source: PackSource,
  path: string,
  limit: number,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  const opened = await source.open(path, { offset: 0, ...(signal && { signal }) });
  if (opened === undefined) return undefined;
  const tooMany = (): LimpidError =>
    new LimpidError("PackTooLarge", `${path} of ${source.name} has more than ${limit} bytes`, {
      details: { path, limit },
    });
  return readAtMost(limit, opened.bytes, tooMany, signal);
}

/**
 * Gets a file whose size and hash are known: from the cache, or from the source, whence it goes on where an earlier
 * download was cut short. It is in the cache afterwards.
 *
 * @throws {@link LimpidError} `IntegrityMismatch` if it is another than announced, or cut short; `PackUnavailable`,
 * `DiskFull`, `Aborted`
 */
export async function downloadFile(
  source: PackSource,
  file: PackFile,
  blobs: BlobStore,
  options: DownloadOptions = {},
): Promise<Uint8Array> {
  const { sha256, size } = file;
  const cached = await blobs.read(sha256);
  if (cached !== undefined) {
    options.onProgress?.(cached.byteLength);
    return cached;
  }
  const bytes = new Uint8Array(size);
  const kept = await blobs.readParts(sha256, bytes);
  let fault = await fill(source, file, blobs, bytes, kept, options);
  if (fault !== undefined) {
    await blobs.deleteParts(sha256);
    // Parts may be of a file that the server has replaced since: once more, from its beginning.
    if (kept > 0) fault = await fill(source, file, blobs, bytes, 0, options);
  }
  if (fault !== undefined) {
    await blobs.deleteParts(sha256);
    throw new LimpidError("IntegrityMismatch", `${file.file} of ${source.name} ${fault}`, {
      details: { path: file.file, problems: [`${file.file} ${fault}`] },
    });
  }
  await blobs.write(sha256, bytes);
  await blobs.deleteParts(sha256);
  return bytes;
}

/** Fills the bytes from an offset on. Returns what is wrong with the result; what came before a failure is kept. */
async function fill(
  source: PackSource,
  { file, size, sha256 }: PackFile,
  blobs: BlobStore,
  target: Uint8Array,
  from: number,
  { signal, onProgress }: DownloadOptions,
): Promise<string | undefined> {
  let length = from;
  if (from < size || size === 0) {
    let opened = await openFile(source, file, from, signal);
    // A source that begins elsewhere does not know ranges: from its beginning then.
    if (opened.offset !== from && opened.offset !== 0) opened = await openFile(source, file, 0, signal);
    if (opened.offset !== from && opened.offset !== 0) {
      throw new LimpidError("PackUnavailable", `${source.name} gives ${file} from byte ${opened.offset} on`);
    }
    if (opened.offset < from) await blobs.deleteParts(sha256);
    length = opened.offset;
    let keptLength = length;
    const keep = async (): Promise<void> => {
      if (length === keptLength) return;
      await blobs.writePart(sha256, keptLength, target.subarray(keptLength, length));
      keptLength = length;
    };
    try {
      for await (const chunk of opened.bytes) {
        throwIfAborted(signal);
        if (length + chunk.byteLength > size) return `has more than ${size} bytes`;
        target.set(chunk, length);
        length += chunk.byteLength;
        onProgress?.(length);
        if (length - keptLength >= partLength) await keep();
      }
    } catch (error) {
      await keep().catch(() => undefined); // the reason why it ended says more
      throw error;
    }
  }
  if (length < size) return `has ${length} bytes, expected ${size}`;
  const actual = sha256Hex(target);
  return actual === sha256 ? undefined : `has SHA-256 ${actual}, expected ${sha256}`;
}

async function openFile(
  source: PackSource,
  path: string,
  offset: number,
  signal?: AbortSignal,
): Promise<OpenedFile> {
  const opened = await source.open(path, { offset, ...(signal && { signal }) });
  if (opened !== undefined) return opened;
  throw new LimpidError("IntegrityMismatch", `${source.name} has no file ${path}`, {
    details: { path, problems: [`${path} is missing`] },
  });
}
