import { LimpidError } from "../base/index.js";
import type { ByteStore } from "./byte-store.js";
import type { ExtensionCapabilities } from "./manifest.js";

/** One installed version of a pack. */
export interface PackVersion {
  readonly version: string;
  /** SHA-256 of its `integrity.json`, and so of everything in it. */
  readonly integrity: string;
  /** SHA-256 of the signature file, if there was one. */
  readonly signature: string | undefined;
  /** Where it came from, for people. */
  readonly source: string;
  readonly package: string;
  /** Where it was fetched from; undefined if its files were handed over, by whomever. */
  readonly address: string | undefined;
  /** SHA-256 of the public key that it is signed with; undefined if it is not signed. */
  readonly signer: string | undefined;
  /** What people granted this version; undefined if nobody was asked. */
  readonly granted: ExtensionCapabilities | undefined;
}

/** Which version of a pack is installed. It is written last, in one piece: what it says is what is installed. */
export interface PackRecord {
  readonly id: string;
  /** The version that runs. */
  readonly current: PackVersion;
  /** The version before it, to which one can go back. */
  readonly previous: PackVersion | undefined;
}

const prefix = "installed/";
const formatVersion = 2;

/** The records of a store, one a pack. */
export class PackRecords {
  readonly #store: ByteStore;

  constructor(store: ByteStore) {
    this.#store = store;
  }

  /** Ids of what is installed, in order. */
  async ids(): Promise<string[]> {
    const entries = await this.#store.list(prefix);
    return entries.map(({ key }) => key.slice(prefix.length)).sort();
  }

  /**
   * Reads a record.
   *
   * @returns undefined if the pack is not installed
   * @throws {@link LimpidError} `IntegrityMismatch` if the record is damaged
   */
  async get(id: string): Promise<PackRecord | undefined> {
    const bytes = await this.#store.get(prefix + id);
    return bytes && parsePackRecord(bytes, id);
  }

  /** Writes a record: the moment at which a pack is installed, updated or rolled back. */
  async put(record: PackRecord): Promise<void> {
    const text = JSON.stringify({ formatVersion, ...record });
    await this.#store.put(prefix + record.id, new TextEncoder().encode(text));
  }

  /** Removes a record: the moment at which a pack is uninstalled. */
  async delete(id: string): Promise<void> {
    await this.#store.delete(prefix + id);
  }
}

/**
 * Reads a record as {@link PackRecords.put} writes it.
 *
 * @throws {@link LimpidError} `IntegrityMismatch` if it is anything else
 */
function parsePackRecord(bytes: Uint8Array, id: string): PackRecord {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw damaged(id, cause);
  }
  if (!isObject(json) || json.formatVersion !== formatVersion || json.id !== id) throw damaged(id);
  const current = parseVersion(json.current);
  const previous = json.previous === undefined ? undefined : parseVersion(json.previous);
  if (current === undefined || (previous === undefined && json.previous !== undefined)) throw damaged(id);
  return { id, current, previous };
}

function parseVersion(json: unknown): PackVersion | undefined {
  if (!isObject(json)) return undefined;
  const { version, integrity, signature, source, package: name, address, signer, granted } = json;
  return typeof version === "string" &&
    isHash(integrity) &&
    (signature === undefined || isHash(signature)) &&
    typeof source === "string" &&
    typeof name === "string" &&
    (address === undefined || typeof address === "string") &&
    (signer === undefined || isHash(signer)) &&
    (granted === undefined || isCapabilities(granted))
    ? { version, integrity, signature, source, package: name, address, signer, granted }
    : undefined;
}

function isCapabilities(value: unknown): value is ExtensionCapabilities {
  if (!isObject(value)) return false;
  const { network, pixels } = value;
  if (pixels !== undefined && !isObject(pixels)) return false;
  if (network === undefined) return true;
  return isObject(network) && Array.isArray(network.domains) && network.domains.every(isText);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** Whether JSON is an object, not a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a text is a SHA-256 in hexadecimal. */
export function isHash(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

function damaged(id: string, cause?: unknown): LimpidError {
  return new LimpidError("IntegrityMismatch", `what was noted of the installed pack ${id} is damaged`, {
    cause,
    details: { id },
  });
}
