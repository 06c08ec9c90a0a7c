import { LimpidError, TurnQueue } from "../base/index.js";
import type { ByteStore } from "./byte-store.js";
import { memoryStore } from "./memory-store.js";

/** Caches are keyed by address; nothing is ever fetched from this one, which cannot exist (RFC 2606). */
const keyAddress = "https://packs.limpid.invalid/";
const sizeHeader = "x-limpid-size";

/**
 * Keeps packs in a page's Cache Storage, for this origin, until the browser is told to forget the site or needs room.
 *
 * @param name - of the cache; pages of one origin that name the same one share what is installed
 * @returns the store
 * @throws whatever the browser throws where a page is denied storage, as in a sandboxed frame
 */
export async function openCacheStorage(name = "limpid-packs"): Promise<ByteStore> {
  const cache = await caches.open(name);
  const requestOf = (key: string): string => keyAddress + key;
  const turns = new TurnQueue();
  const store: ByteStore = {
    kind: "cache-storage",
    async get(key) {
      const response = await cache.match(requestOf(key));
      return response && new Uint8Array(await response.arrayBuffer());
    },
    async put(key, bytes) {
      const headers = { [sizeHeader]: String(bytes.byteLength) };
      try {
        await cache.put(requestOf(key), new Response(bytes.slice(), { headers }));
      } catch (cause) {
        if (!(cause instanceof DOMException) || cause.name !== "QuotaExceededError") throw cause;
        throw new LimpidError("DiskFull", `the browser gives no room for ${bytes.byteLength} bytes more`, {
          cause,
          details: { key, size: bytes.byteLength },
        });
      }
    },
    async delete(key) {
      await cache.delete(requestOf(key));
    },
    async list(prefix) {
      const start = requestOf(prefix);
      const requests = (await cache.keys()).filter(({ url }) => url.startsWith(start));
      return Promise.all(
        requests.map(async (request) => {
          const response = await cache.match(request);
          const size = Number(response?.headers.get(sizeHeader) ?? 0);
          return { key: request.url.slice(keyAddress.length), size };
        }),
      );
    },
    exclusively(run) {
      // Insecure origins have no locks; they have no caches either, in most browsers.
      if (typeof navigator === "undefined" || navigator.locks === undefined) return turns.add(run);
      return navigator.locks.request(`limpid/${name}`, run);
    },
  };
  await probe(store);
  return store;
}

/** Finds out now, not in the middle of an installation, whether the page may write. */
async function probe(store: ByteStore): Promise<void> {
  await store.put("probe", new Uint8Array(1));
  await store.delete("probe");
}

/** A store, and why it is not the one that was wanted. */
export interface OpenedStore {
  readonly store: ByteStore;
  /** Why packs last no longer than the instance; undefined if they do, or if that was asked for. */
  readonly fallbackReason?: string;
}

/**
 * The store that packs are kept in unless the application names another: Cache Storage if there is any, else memory.
 */
export async function openDefaultStore(name?: string): Promise<OpenedStore> {
  try {
    // A sandboxed frame is denied the very name.
    if (typeof caches === "undefined") {
      return { store: memoryStore(), fallbackReason: "there is no Cache Storage here" };
    }
    return { store: await openCacheStorage(name) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { store: memoryStore(), fallbackReason: `the page is denied Cache Storage: ${reason}` };
  }
}
