import { gzipSync } from "fflate";
import { Header } from "tar";
import { checkPackPaths } from "limpid/authoring";

/** The folder that all files of an npm package are in. */
const root = "package/";

/** The time that every file of an archive has, so that the same files give the same bytes: npm's own choice. */
const fileTime = new Date("1985-10-26T08:15:00.000Z");

const blockSize = 512;
/** A tar ends with two blocks of zeros, and is filled up to a multiple of this. */
const recordSize = 20 * blockSize;

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
