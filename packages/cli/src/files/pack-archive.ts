import { Gunzip, gzipSync } from "fflate";
import { Header, Parser } from "tar";
import { LimpidError } from "limpid";
import { checkPackPaths } from "limpid/authoring";
import { messageOf } from "../../../../src/node/system-error.js";

/** The folder that all files of an npm package are in. */
const root = "package/";

/** The time that every file of an archive has, so that the same files give the same bytes: npm's own choice. */
const fileTime = new Date("1985-10-26T08:15:00.000Z");

const blockSize = 512;
/** A tar ends with two blocks of zeros, and is filled up to a multiple of this. */
const recordSize = 20 * blockSize;

/** The most files and folders of an archive: no pack has more. */
const maximumEntries = 5000;

/** The most that an archive may unpack to, in bytes. */
const defaultLimit = 256 * 2 ** 20;

/**
 * Writes the npm tarball of a pack. The same files give the same bytes on every machine: sorted, of one time, one mode
 * and no owner, compressed by code of a fixed version.
 *
 * @param files - bytes by path, which `checkPackPath` has passed
 * @returns a `.tgz`
 * @throws {@link LimpidError} `UnsafePath` for a path that cannot be in a pack, or two that are one on some systems
 */
export function writePackArchive(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  checkPackPaths([...files.keys()]);
  const parts: Uint8Array[] = [];
  let length = 0;
  const add = (part: Uint8Array): void => {
    parts.push(part);
    length += part.byteLength;
  };
  for (const path of [...files.keys()].sort()) {
    const bytes = files.get(path)!;
    const header = new Header({
      path: root + path,
      mode: 0o644,
      size: bytes.byteLength,
      mtime: fileTime,
      type: "File",
    });
    const block = Buffer.alloc(blockSize);
    header.encode(block);
    add(block);
    add(bytes);
    add(new Uint8Array(-bytes.byteLength & (blockSize - 1)));
  }
  add(new Uint8Array(2 * blockSize));
  add(new Uint8Array((recordSize - (length % recordSize)) % recordSize));
  return gzipSync(Buffer.concat(parts), { level: 9, mtime: 0 });
}

/**
 * Reads an npm tarball into memory. Nothing is written; links, devices and paths that lead out are refused.
 *
 * @param archive - a `.tgz`
 * @param name - what errors call it, such as its path
 * @param limit - the most bytes that it may unpack to; 256 MiB if left out
 * @returns bytes by path, without the leading `package/`
 * @throws {@link LimpidError} `InvalidArchive` if it is no such archive, is cut short or larger than the limit, or holds
 * something else than files; `UnsafePath`
 */
export function readPackArchive(
  archive: Uint8Array,
  name: string,
  limit = defaultLimit,
): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const paths: string[] = [];
  const faults: string[] = [];
  let entries = 0;
  const parser = new Parser({
    strict: true,
    maxMetaEntrySize: 64 * 1024,
    onReadEntry(entry) {
      entries++;
      if (entries > maximumEntries) {
        if (entries === maximumEntries + 1) faults.push(`it has more than ${maximumEntries} files`);
        entry.resume();
        return;
      }
      if (entry.type === "Directory") {
        entry.resume();
        return;
      }
      if (entry.type !== "File" && entry.type !== "OldFile") {
        faults.push(`${JSON.stringify(entry.path)} is a ${entry.type}, not a file`);
      }
      // npm calls the folder "package", but takes any name.
      const path = entry.path.replace(/^[^/]*\//, "");
      paths.push(path);
      const parts: Buffer[] = [];
      entry.on("data", (part: Buffer) => parts.push(part));
      entry.on("end", () => files.set(path, Uint8Array.from(Buffer.concat(parts))));
    },
  });
  let failure: unknown;
  parser.on("error", (error: unknown) => (failure ??= error));
  try {
    const [length, isWhole] = unpack(archive, limit, (part) => parser.write(Buffer.from(part)));
    if (!isWhole) faults.push("it is cut short");
    if (length > limit) faults.push(`it unpacks to more than ${limit} bytes`);
    else parser.end();
  } catch (error) {
    failure ??= error;
  }
  if (failure !== undefined) faults.push(messageOf(failure).replace(/\s*\n\s*/g, " "));
  if (faults.length === 0 && files.size === 0) faults.push("there are no files in it");
  if (faults.length > 0) {
    throw new LimpidError("InvalidArchive", `${name}: is no npm tarball: ${faults.slice(0, 6).join("; ")}`, {
      details: { faults },
    });
  }
  checkPackPaths(paths);
  return files;
}

/** Unpacks until the end, or until more than the limit has come out; tells how much came, and whether it ended well. */
function unpack(archive: Uint8Array, limit: number, onPart: (part: Uint8Array) => void): [number, boolean] {
  let length = 0;
  let isWhole = false;
  const gunzip = new Gunzip((part, isLast) => {
    length += part.byteLength;
    isWhole ||= isLast;
    if (length <= limit) onPart(part);
  });
  const step = 1 << 16;
  for (let offset = 0; offset < archive.byteLength && length <= limit; offset += step) {
    gunzip.push(archive.subarray(offset, offset + step), offset + step >= archive.byteLength);
  }
  return [length, isWhole || length > limit];
}
