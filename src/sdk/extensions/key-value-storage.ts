/**
 * Where settings and the state of extensions outlive the page. The application gives it, since only it knows what its
 * page is allowed: a frame of another site may be denied all storage. Every method may reject; the values then last as
 * long as the instance.
 */
export interface KeyValueStorage {
  /** The text under a key; undefined if there is none. */
  get(key: string): Promise<string | undefined>;
  /** Puts a text under a key. */
  set(key: string, value: string): Promise<void>;
  /** Removes a key; nothing happens if it is not there. */
  delete(key: string): Promise<void>;
}

/**
 * Keeps values as long as the object lives.
 *
 * @returns an empty storage
 */
export function memoryStorage(): KeyValueStorage {
  const values = new Map<string, string>();
  return {
    get: (key) => Promise.resolve(values.get(key)),
    set: (key, value) => {
      values.set(key, value);
      return Promise.resolve();
    },
    delete: (key) => {
      values.delete(key);
      return Promise.resolve();
    },
  };
}

/**
 * Keeps values in a page's `localStorage` or `sessionStorage`.
 *
 * @param open - gives the storage; called each time, since asking for it already throws where it is denied
 * @param prefix - put before every key
 * @returns a storage that rejects where the page is denied it
 *
 * @example
 * ```ts
 * const limpid = await createLimpid({ assets: "/limpid/", storage: webStorage(() => localStorage) });
 * ```
 */
export function webStorage(open: () => Storage, prefix = "limpid/"): KeyValueStorage {
  // An async function turns what `open` throws into a rejection.
  const attempt = async <T>(run: (storage: Storage) => T): Promise<T> => Promise.resolve(run(open()));
  return {
    get: (key) => attempt((storage) => storage.getItem(prefix + key) ?? undefined),
    set: (key, value) => attempt((storage) => storage.setItem(prefix + key, value)),
    delete: (key) => attempt((storage) => storage.removeItem(prefix + key)),
  };
}
