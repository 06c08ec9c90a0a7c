import { createReadStream } from "node:fs";
import fs from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { LimpidError, throwIfAborted, TurnQueue } from "../sdk/base/index.js";
import { checkPackPath, type ByteStore, type PackSource, type StoredBytes } from "../sdk/packs/index.js";
import { writeFileAtomically } from "./atomic-file.js";
import { describeSystemError, systemErrorCode } from "./system-error.js";

/**
 * Keeps packs in a folder of this machine, a file for each key. One process at a time should install packs there; others
 * may read.
 *
 * @param path - the folder; made when something is first kept
 * @returns the store, to give to `createLimpid` as `packs.store`
 *
 * @example
 * ```ts
 * const store = packStoreInDirectory(join(homedir(), ".cache", "limpid"));
 * const limpid = await createLimpid({ model: modelFromDirectory(), packs: { store } });
 * ```
 */
export function packStoreInDirectory(path: string): ByteStore {
  const turns = new TurnQueue();
  const locate = (key: string): string => {
    if (/^[a-z0-9][a-z0-9._-]*(?:\/[a-z0-9][a-z0-9._-]*)*$/.test(key)) return join(path, ...key.split("/"));
    throw new LimpidError("UnsafePath", `${JSON.stringify(key)} is no key of a store`, { details: { key } });
  };
  return {
    kind: "folder",
    async get(key) {
      try {
        return plain(await fs.readFile(locate(key)));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw unreadable(locate(key), error);
      }
    },
    async put(key, bytes) {
      const location = locate(key);
      try {
        await fs.mkdir(join(location, ".."), { recursive: true });
      } catch (cause) {
        throw new LimpidError(
          "FileUnwritable",
          `${location}: cannot be made: ${describeSystemError(cause)}`,
          {
            cause,
            details: { path: location },
          },
        );
      }
      await writeFileAtomically(location, bytes);
    },
    async delete(key) {
      await fs.rm(locate(key), { force: true });
    },
    async list(prefix) {
      const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
      return (await listFiles(join(path, folder), folder)).filter(({ key }) => key.startsWith(prefix));
    },
    exclusively: (run) => turns.add(run),
  };
}

/**
 * A pack in a folder of this machine.
 *
 * @param path - the folder that holds its `package.json` and `integrity.json`
 * @returns the source; a link that leads out of the folder is refused
 */
export function packFromDirectory(path: string): PackSource {
  const folder = resolve(path);
  return {
    name: folder,
    address: folder,
    async open(file, { offset, signal }) {
      throwIfAborted(signal);
      const location = join(folder, ...checkPackPath(file).split("/"));
      try {
        const [root, real] = await Promise.all([fs.realpath(folder), fs.realpath(location)]);
        if (!real.startsWith(root + sep)) {
          throw new LimpidError("UnsafePath", `${location} leads out of the pack, to ${real}`, {
            details: { path: file },
          });
        }
        if (!(await fs.stat(real)).isFile()) return undefined;
        return { offset, bytes: readFrom(real, offset, signal) };
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw LimpidError.is(error) ? error : unreadable(location, error);
      }
    },
  };
}

async function* readFrom(path: string, offset: number, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path, { start: offset })) yield plain(chunk as Buffer);
  } catch (error) {
    throwIfAborted(signal);
    throw unreadable(path, error);
  }
}

async function listFiles(folder: string, prefix: string): Promise<StoredBytes[]> {
  let entries;
  try {
    entries = await fs.readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw unreadable(folder, error);
  }
  const listed = await Promise.all(
    entries.map(async (entry): Promise<StoredBytes[]> => {
      const location = join(folder, entry.name);
      const key = prefix + entry.name;
      if (entry.isDirectory()) return listFiles(location, `${key}/`);
      // A write that a crash cut short leaves a hidden file, which stands for nothing; the next write to its folder removes it.
      if (!entry.isFile() || entry.name.startsWith(".")) return [];
      return [{ key, size: (await fs.stat(location)).size }];
    }),
  );
  return listed.flat();
}

/** A Uint8Array of its own, not Node's subclass of it. */
function plain({ buffer, byteOffset, byteLength }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function isMissing(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

function unreadable(path: string, cause: unknown): LimpidError {
  return new LimpidError("FileUnreadable", `${path}: cannot be read: ${describeSystemError(cause)}`, {
    cause,
    details: { path, reason: systemErrorCode(cause) },
  });
}
