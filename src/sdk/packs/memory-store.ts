import { TurnQueue } from "../base/index.js";
import type { ByteStore } from "./byte-store.js";

/**
 * Keeps packs as long as the object lives: for Node, for tests, and where a page is denied storage.
 *
 * @returns an empty store
 */
export function memoryStore(): ByteStore {
  const entries = new Map<string, Uint8Array>();
  const turns = new TurnQueue();
  return {
    kind: "memory",
    get: (key) => Promise.resolve(entries.get(key)?.slice()),
    put: (key, bytes) => {
      entries.set(key, bytes.slice());
      return Promise.resolve();
    },
    delete: (key) => {
      entries.delete(key);
      return Promise.resolve();
    },
    list: (prefix) =>
      Promise.resolve(
        [...entries].flatMap(([key, { byteLength }]) =>
          key.startsWith(prefix) ? [{ key, size: byteLength }] : [],
        ),
      ),
    exclusively: (run) => turns.add(run),
  };
}
