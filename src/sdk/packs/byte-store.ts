/** Bytes in a {@link ByteStore}. */
export interface StoredBytes {
  readonly key: string;
  readonly size: number;
}

/**
 * Where packs are kept: bytes by key. Keys are of `a-z`, `0-9`, `.`, `-` and `_`, in parts divided by `/`. The packs need
 * one thing of it: a `put` that is cut short, by a crash or a closed page, leaves the bytes that were there before.
 */
export interface ByteStore {
  /** What it is: `cache-storage`, `folder`, `memory`, or an application's own word. */
  readonly kind: string;
  /** The bytes under a key; undefined if there are none. */
  get(key: string): Promise<Uint8Array | undefined>;
  /**
   * Puts bytes under a key in the place of what is there.
   *
   * @param key - the key
   * @param bytes - not kept: the caller may change them afterwards
   * @throws {@link LimpidError} `DiskFull` if there is no room for them
   */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Removes what is under a key; nothing happens if there is nothing. */
  delete(key: string): Promise<void>;
  /**
   * What there is.
   *
   * @param prefix - the beginning of the keys, such as `files/`
   * @returns in no order that one may rely on
   */
  list(prefix: string): Promise<readonly StoredBytes[]>;
  /**
   * Runs something while nobody else who keeps packs here does.
   *
   * @param run - changes several keys
   * @returns what `run` returns
   */
  exclusively<T>(run: () => Promise<T>): Promise<T>;
}
