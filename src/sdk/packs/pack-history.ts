import { compare, valid } from "semver";
import type { ByteStore } from "./byte-store.js";
import { isHash, isObject } from "./pack-record.js";

/** What was ever installed under one id. It outlives an uninstallation, so that nothing comes back older or as another. */
export interface PackHistory {
  /** SHA-256 of the `integrity.json` of each version, the first installed first. */
  readonly versions: ReadonlyMap<string, string>;
  /** The highest of them; undefined if there was none. */
  readonly highest: string | undefined;
}

/** Versions that are remembered of one pack; the highest always is. */
const maximumVersions = 100;

const historyPrefix = "history/";
const publisherPrefix = "publishers/";
const formatVersion = 1;

/** What a store remembers of packs beyond their installation, and of publishers' keys. */
export class PackHistories {
  readonly #store: ByteStore;

  constructor(store: ByteStore) {
    this.#store = store;
  }

  /** What was installed under an id. */
  async get(id: string): Promise<PackHistory> {
    const { versions = [] } = (await this.#read(historyPrefix + id)) ?? {};
    const known = Array.isArray(versions) ? versions.filter(isVersion) : [];
    return historyOf(new Map(known));
  }

  /**
   * Notes a version that was installed.
   *
   * @param integrity - SHA-256 of its `integrity.json`
   */
  async note(id: string, version: string, integrity: string): Promise<void> {
    const { versions } = await this.get(id);
    if (versions.get(version) === integrity) return;
    const all = [...new Map(versions).set(version, integrity)];
    const { highest } = historyOf(new Map(all));
    const kept = all.filter(([known], index) => known === highest || index >= all.length - maximumVersions);
    await this.#write(historyPrefix + id, { versions: kept });
  }

  /**
   * The key that a publisher signs with.
   *
   * @param publisher - such as `acme`
   * @returns its fingerprint; undefined if nothing of the publisher was signed so far
   */
  async keyOf(publisher: string): Promise<string | undefined> {
    const { key } = (await this.#read(publisherPrefix + publisher)) ?? {};
    return isHash(key) ? key : undefined;
  }

  /**
   * The publisher that signs with a key.
   *
   * @returns undefined if none does
   */
  async ownerOf(fingerprint: string): Promise<string | undefined> {
    for (const { key } of await this.#store.list(publisherPrefix)) {
      const publisher = key.slice(publisherPrefix.length);
      if ((await this.keyOf(publisher)) === fingerprint) return publisher;
    }
    return undefined;
  }

  /** Notes the key that a publisher signs with. */
  async noteKey(publisher: string, fingerprint: string): Promise<void> {
    if ((await this.keyOf(publisher)) !== fingerprint) {
      await this.#write(publisherPrefix + publisher, { key: fingerprint });
    }
  }

  async #read(key: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    const bytes = await this.#store.get(key);
    if (bytes === undefined) return undefined;
    try {
      const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
      return isObject(json) ? json : undefined;
    } catch {
      return undefined;
    }
  }

  async #write(key: string, json: object): Promise<void> {
    await this.#store.put(key, new TextEncoder().encode(JSON.stringify({ formatVersion, ...json })));
  }
}

function historyOf(versions: ReadonlyMap<string, string>): PackHistory {
  const [first, ...rest] = versions.keys();
  const highest = first && rest.reduce((best, next) => (compare(next, best) > 0 ? next : best), first);
  return { versions, highest };
}

function isVersion(entry: unknown): entry is readonly [string, string] {
  return Array.isArray(entry) && typeof entry[0] === "string" && valid(entry[0]) !== null && isHash(entry[1]);
}
