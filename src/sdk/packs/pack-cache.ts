import { LimpidError } from "../base/index.js";
import type { BlobStore, StoredBlob } from "./blob-store.js";
import type { ByteStore } from "./byte-store.js";

/** A file that is kept, or the beginning of one whose download was cut short. */
export interface CachedFile extends StoredBlob {
  /** Ids of the installed packs that need it, in one of the versions that are kept. */
  readonly usedBy: readonly string[];
}

/** Which packs need a file, by its hash. */
export type FileUsage = ReadonlyMap<string, ReadonlySet<string>>;

/** The files of packs that are kept on this machine: see `limpid.packs.cache`. */
export class PackCache {
  /** What they are kept in: `cache-storage`, `folder`, `memory`, or an application's own. */
  readonly kind: string;
  /** Why they are forgotten with the instance; undefined if they are not, or if that was asked for. */
  readonly fallbackReason: string | undefined;
  readonly #store: ByteStore;
  readonly #blobs: BlobStore;
  readonly #usage: () => Promise<FileUsage>;

  /** @internal Made with the packs. */
  constructor(
    store: ByteStore,
    blobs: BlobStore,
    usage: () => Promise<FileUsage>,
    fallbackReason: string | undefined,
  ) {
    this.kind = store.kind;
    this.fallbackReason = fallbackReason;
    this.#store = store;
    this.#blobs = blobs;
    this.#usage = usage;
  }

  /** What is kept, in order of hash. */
  async list(): Promise<readonly CachedFile[]> {
    const usage = await this.#usage();
    const files = await this.#blobs.list();
    return files
      .map((file) => ({ ...file, usedBy: [...(usage.get(file.sha256) ?? [])].sort() }))
      .sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  }

  /** Bytes that are kept. */
  async size(): Promise<number> {
    return (await this.#blobs.list()).reduce((total, { size }) => total + size, 0);
  }

  /**
   * Removes one file.
   *
   * @param sha256 - its hash
   * @returns whether it was there
   * @throws {@link LimpidError} `InvalidArgument` if an installed pack needs it: uninstall that first
   */
  delete(sha256: string): Promise<boolean> {
    return this.#store.exclusively(async () => {
      const users = [...((await this.#usage()).get(sha256) ?? [])];
      if (users.length > 0) {
        throw new LimpidError("InvalidArgument", `the file ${sha256} is needed by ${users.join(", ")}`, {
          details: { sha256, usedBy: users },
        });
      }
      const isThere = (await this.#blobs.list()).some((file) => file.sha256 === sha256);
      if (isThere) await this.#blobs.delete(sha256);
      return isThere;
    });
  }

  /**
   * Removes every file that no installed pack needs, such as those of downloads that were given up. Uninstall the packs
   * first to remove everything.
   *
   * @returns bytes that were freed
   */
  clear(): Promise<number> {
    return this.#store.exclusively(async () => {
      const usage = await this.#usage();
      let freed = 0;
      for (const { sha256, size } of await this.#blobs.list()) {
        if (usage.has(sha256)) continue;
        await this.#blobs.delete(sha256);
        freed += size;
      }
      return freed;
    });
  }
}
