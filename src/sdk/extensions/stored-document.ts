import type { KeyValueStorage } from "./key-value-storage.js";

/**
 * JSON values by name under one key of a storage: read once, held in memory, written after changes, one write at a time, in
 * which all changes are that were made before it began. A storage that is denied, full or holds nonsense loses nothing but
 * what outlives the instance.
 */
export class StoredDocument {
  readonly #storage: KeyValueStorage;
  readonly #key: string;
  #values = new Map<string, unknown>();
  #write: Promise<void> = Promise.resolve();
  /** The write that has not begun yet, and so will have what is set now. */
  #waiting: Promise<void> | undefined;
  #failure: unknown;

  private constructor(storage: KeyValueStorage, key: string) {
    this.#storage = storage;
    this.#key = key;
  }

  /**
   * Reads a document.
   *
   * @param storage - where it is kept
   * @param key - under which key
   * @returns the document; empty if there is none or it cannot be read
   */
  static async load(storage: KeyValueStorage, key: string): Promise<StoredDocument> {
    const document = new StoredDocument(storage, key);
    try {
      const text = await storage.get(key);
      const json: unknown = text === undefined ? {} : JSON.parse(text);
      if (typeof json === "object" && json !== null && !Array.isArray(json)) {
        document.#values = new Map(Object.entries(json));
      }
    } catch (error) {
      document.#failure = error;
    }
    return document;
  }

  /** What the last access to the storage failed with; undefined if it worked. */
  get failure(): unknown {
    return this.#failure;
  }

  /** The names that have a value. */
  get keys(): readonly string[] {
    return [...this.#values.keys()];
  }

  /** The value under a name; undefined if there is none. */
  get(name: string): unknown {
    return this.#values.get(name);
  }

  /** All values by name. */
  toJSON(): Record<string, unknown> {
    return Object.fromEntries(this.#values);
  }

  /**
   * Changes a value.
   *
   * @param name - its name
   * @param value - JSON; undefined removes it
   * @returns resolves once it is written, or the storage has refused it: see {@link StoredDocument.failure}
   */
  set(name: string, value: unknown): Promise<void> {
    if (value === undefined) this.#values.delete(name);
    else this.#values.set(name, value);
    this.#waiting ??= this.#enqueue(() => {
      this.#waiting = undefined;
      return this.#storage.set(this.#key, JSON.stringify(this));
    });
    return this.#waiting;
  }

  /** Removes everything, from the storage too. */
  clear(): Promise<void> {
    this.#values.clear();
    this.#waiting = undefined;
    return this.#enqueue(() => this.#storage.delete(this.#key));
  }

  #enqueue(write: () => Promise<void>): Promise<void> {
    this.#write = this.#write.then(write).then(
      () => {
        this.#failure = undefined;
      },
      (error: unknown) => {
        this.#failure = error;
      },
    );
    return this.#write;
  }
}
