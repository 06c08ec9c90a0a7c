import { Gunzip, Unzip, UnzipInflate, UnzipPassThrough } from "fflate";
import { joinBytes, LimpidError } from "../base/index.js";
import { checkPackPaths } from "./pack-path.js";
import { readTar } from "./tar.js";

/** How an archive is read. */
export interface ArchiveOptions {
  /** What errors call it, such as its file's name; `"the archive"` if left out. */
  readonly name?: string;
  /** Most bytes that it may unpack to; 256 MiB if left out. */
  readonly maximumBytes?: number;
}

/** The most files and folders of an archive: no pack has more. */
const maximumEntries = 5000;

/** Packed bytes are unpacked in portions, so that one that grows too much is found out early. */
const portion = 1 << 14;

/** So many bytes at most may be packed that unpack to nothing: endless headers, empty blocks. What cannot be packed has few. */
const maximumOverhead = 1 << 18;

/**
 * The files of a pack that somebody chose or dropped as one file: an npm tarball (`.tgz`), as `limpid pack build` and
 * `npm pack` write it, or a ZIP archive. Runs in pages, workers and Node, and writes nothing; whether the files are a pack is
 * found out by {@link Packs.install}.
 *
 * @param archive - the whole file
 * @param options - name and limit
 * @returns bytes by path, without the folder that all of them are in
 * @throws {@link LimpidError} `InvalidArchive` if it is neither, is damaged or too large, or holds something else than files;
 * `UnsafePath` for a path that cannot be in a pack
 *
 * @example
 * ```ts
 * const bytes = new Uint8Array(await file.arrayBuffer());
 * await limpid.packs.install(packFilesFromArchive(bytes, { name: file.name }));
 * ```
 */
export function packFilesFromArchive(
  archive: Uint8Array,
  { name = "the archive", maximumBytes = 256 * 2 ** 20 }: ArchiveOptions = {},
): Map<string, Uint8Array> {
  const fail = (fault: string, cause?: unknown): never => {
    throw new LimpidError("InvalidArchive", `${name}: ${fault}`, cause === undefined ? {} : { cause });
  };
  let left = maximumBytes;
  const take: Take = ({ byteLength }) => {
    left -= byteLength;
    if (left < 0) throw new Error(`it unpacks to more than ${maximumBytes} bytes`);
  };
  let files: Map<string, Uint8Array>;
  try {
    if (archive[0] === 0x1f && archive[1] === 0x8b) files = readTar(gunzip(archive, take), maximumEntries);
    else if (archive[0] === 0x50 && archive[1] === 0x4b) files = unzip(archive, take);
    else return fail("is neither an npm tarball (.tgz) nor a ZIP archive");
  } catch (error) {
    if (LimpidError.is(error)) throw error;
    return fail(error instanceof Error ? error.message : String(error), error);
  }
  if (files.size === 0) fail("there are no files in it");
  const inside = withoutFolder(files);
  checkPackPaths([...inside.keys()]);
  return inside;
}

/** Counts what comes out of an archive, whatever it claims. */
type Take = (part: Uint8Array) => void;

function gunzip(archive: Uint8Array, take: Take): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  let isWhole = false;
  const stream = new Gunzip((part, isLast) => {
    take(part);
    parts.push(part);
    length += part.byteLength;
    isWhole ||= isLast;
  });
  for (let offset = 0; offset < archive.byteLength; offset += portion) {
    if (offset > length + maximumOverhead) throw new Error("it unpacks to less than it is");
    stream.push(archive.subarray(offset, offset + portion), offset + portion >= archive.byteLength);
  }
  if (!isWhole) throw new Error("it is cut short");
  return joinBytes(parts);
}

function unzip(archive: Uint8Array, take: Take): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const open = new Set<string>();
  let entries = 0;
  const stream = new Unzip((file) => {
    entries++;
    if (entries > maximumEntries) throw new Error(`it has more than ${maximumEntries} files`);
    if (file.name.endsWith("/")) return;
    if (files.has(file.name) || open.has(file.name)) {
      throw new Error(`${JSON.stringify(file.name)} is in it twice`);
    }
    const parts: Uint8Array[] = [];
    open.add(file.name);
    file.ondata = (error, part, isLast) => {
      if (error !== null) throw error;
      take(part);
      parts.push(part);
      if (!isLast) return;
      open.delete(file.name);
      files.set(file.name, joinBytes(parts));
    };
    file.start();
  });
  stream.register(UnzipInflate);
  stream.register(UnzipPassThrough);
  for (let offset = 0; offset < archive.byteLength; offset += portion) {
    stream.push(archive.subarray(offset, offset + portion), offset + portion >= archive.byteLength);
  }
  if (open.size > 0) throw new Error("it is cut short");
  return files;
}

/** npm's tarballs have all files in `package/`, archives of a folder in that folder; others in none. */
function withoutFolder(files: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  const folder = /^[^/]+\//.exec([...files.keys()][0]!)?.[0];
  if (folder === undefined || ![...files.keys()].every((path) => path.startsWith(folder))) {
    return new Map(files);
  }
  return new Map([...files].map(([path, bytes]) => [path.slice(folder.length), bytes]));
}
