import { sha256Hex } from "../weights/index.js";
import type { ByteStore, StoredBytes } from "./byte-store.js";

const filesPrefix = "files/";
const partsPrefix = "parts/";
/** Digits of an offset in a key, so that keys sort as numbers do. */
const offsetDigits = 12;

/** A file of the cache, or what has been downloaded of one. */
export interface StoredBlob {
  /** SHA-256 of the whole file, in hexadecimal. */
  readonly sha256: string;
  /** Bytes that are there. */
  readonly size: number;
  /** Whether that is all of it. */
  readonly isComplete: boolean;
}

/** Files under their own hash, and the beginnings of files whose download was cut short. */
export class BlobStore {
  readonly #store: ByteStore;

  constructor(store: ByteStore) {
    this.#store = store;
  }

  /**
   * Reads a file and checks it. A damaged one is removed.
   *
   * @returns undefined if it is not there, or was damaged
   */
  async read(sha256: string): Promise<Uint8Array | undefined> {
    const bytes = await this.#store.get(filesPrefix + sha256);
    if (bytes === undefined) return undefined;
    if (sha256Hex(bytes) === sha256) return bytes;
    await this.#store.delete(filesPrefix + sha256);
    return undefined;
  }

  /** Keeps a file whose hash was checked. */
  async write(sha256: string, bytes: Uint8Array): Promise<void> {
    await this.#store.put(filesPrefix + sha256, bytes);
  }

  /** Keeps those of some files that are not there, as when another page has removed them meanwhile. */
  async writeMissing(files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    const present = new Set((await this.#store.list(filesPrefix)).map(({ key }) => key));
    for (const [sha256, bytes] of files) {
      if (!present.has(filesPrefix + sha256)) await this.write(sha256, bytes);
    }
  }

  /**
   * Keeps a part of a file.
   *
   * @param offset - where it belongs
   */
  async writePart(sha256: string, offset: number, bytes: Uint8Array): Promise<void> {
    await this.#store.put(partKey(sha256, offset), bytes);
  }

  /**
   * Reads the parts of a file that follow on each other from its beginning.
   *
   * @param target - takes the bytes; as long as the file
   * @returns how many bytes there were; they are not checked
   */
  async readParts(sha256: string, target: Uint8Array): Promise<number> {
    const parts = await this.#store.list(`${partsPrefix}${sha256}/`);
    let length = 0;
    for (const { key } of [...parts].sort((a, b) => (a.key < b.key ? -1 : 1))) {
      if (key !== partKey(sha256, length)) break;
      const bytes = await this.#store.get(key);
      if (bytes === undefined || length + bytes.byteLength > target.byteLength) break;
      target.set(bytes, length);
      length += bytes.byteLength;
    }
    return length;
  }

  /** Removes the parts of a file. */
  async deleteParts(sha256: string): Promise<void> {
    for (const { key } of await this.#store.list(`${partsPrefix}${sha256}/`)) await this.#store.delete(key);
  }

  /** Removes a file and its parts. */
  async delete(sha256: string): Promise<void> {
    await this.#store.delete(filesPrefix + sha256);
    await this.deleteParts(sha256);
  }

  /** What there is. */
  async list(): Promise<StoredBlob[]> {
    const files = await this.#store.list(filesPrefix);
    const parts = new Map<string, number>();
    for (const { key, size } of await this.#store.list(partsPrefix)) {
      const sha256 = key.slice(partsPrefix.length).split("/")[0]!;
      parts.set(sha256, (parts.get(sha256) ?? 0) + size);
    }
    return [
      ...files.map(({ key, size }: StoredBytes) => ({
        sha256: key.slice(filesPrefix.length),
        size,
        isComplete: true,
      })),
      ...[...parts].map(([sha256, size]) => ({ sha256, size, isComplete: false })),
    ];
  }
}

function partKey(sha256: string, offset: number): string {
  return `${partsPrefix}${sha256}/${String(offset).padStart(offsetDigits, "0")}`;
}
