import { memoryStore, type ByteStore } from "limpid";

/**
 * A store that changes nothing of another: what is written is kept in memory, and read before what is below.
 *
 * @param below - is only read
 */
export function overlayStore(below: ByteStore): ByteStore {
  const above = memoryStore();
  const removed = new Set<string>();
  return {
    ...above,
    get: async (key) => (await above.get(key)) ?? (removed.has(key) ? undefined : below.get(key)),
    put: (key, bytes) => above.put(key, bytes),
    delete: (key) => {
      removed.add(key);
      return above.delete(key);
    },
    async list(prefix) {
      const entries = new Map((await below.list(prefix)).map((entry) => [entry.key, entry]));
      for (const key of removed) entries.delete(key);
      for (const entry of await above.list(prefix)) entries.set(entry.key, entry);
      return [...entries.values()];
    },
  };
}
