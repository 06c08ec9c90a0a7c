import { EventEmitter, LimpidError, throwIfAborted, type Disposable, type Event } from "../base/index.js";
import type { ExpertEntry } from "../experts/index.js";
import { BlobStore } from "./blob-store.js";
import type { ByteStore } from "./byte-store.js";
import { openDefaultStore } from "./cache-storage.js";
import type { FetchedPack } from "./fetch-pack.js";
import type { InstalledPack, PackChange, UnusablePack } from "./installed-pack.js";
import type { PackIntegrity } from "./integrity.js";
import { PackCache, type FileUsage } from "./pack-cache.js";
import type { InstallOptions, PackGate, PackOptions, PacksContext } from "./pack-options.js";
import type { PackHistories } from "./pack-history.js";
import { PackRecords, type PackRecord, type PackVersion } from "./pack-record.js";
import type { PackSource } from "./pack-source.js";
import { PackTurns } from "./pack-turns.js";
import type { ReadPackFile } from "./read-pack.js";
import type { IncomingVersion, PackReplacement, ReplacementReason } from "./replacement.js";
import type { SignaturePolicy } from "./signature-policy.js";

/** A pack that was read and fits, and what it adds. */
interface LoadedPack {
  readonly pack: InstalledPack;
  readonly entries: readonly ExpertEntry[];
}

const defaultMaximumBytes = 256 * 2 ** 20;

/** Most of this room: loaded when a pack is installed, or found installed, and not by pages without packs. */
const loadReading = () => import("./reading.js");

/**
 * Installs packs and keeps them: fetched from where the caller says, checked file by file, kept under their hashes, and
 * put into the set of experts. An installation, an update or a rollback happens at one moment, in which one small record
 * is written; a crash before it leaves everything as it was.
 *
 * @example
 * ```ts
 * const pack = await limpid.packs.install("https://example.com/limpid-descreen-1.2.0/");
 * console.log(pack.id, pack.version, limpid.experts.list().map(({ id }) => id));
 * ```
 */
export class Packs implements Disposable {
  readonly [Symbol.dispose] = (): void => this.dispose();
  /** Fired after a pack was installed, updated, rolled back, uninstalled, enabled or disabled. */
  readonly onDidChange: Event<PackChange>;
  /** The files that are kept. */
  readonly cache: PackCache;
  readonly #changed = new EventEmitter<PackChange>();
  readonly #context: PacksContext;
  readonly #options: PackOptions;
  readonly #store: ByteStore;
  readonly #blobs: BlobStore;
  readonly #records: PackRecords;
  readonly #turns = new PackTurns();
  readonly #closing = new AbortController();
  readonly #loaded = new Map<string, LoadedPack>();
  #unusable: readonly UnusablePack[] = [];
  #signatures: SignaturePolicy | undefined;
  #histories: PackHistories | undefined;
  #gate: PackGate | undefined;

  private constructor(
    context: PacksContext,
    options: PackOptions,
    store: ByteStore,
    fallbackReason: string | undefined,
  ) {
    this.#context = context;
    this.#options = options;
    this.#store = store;
    this.#blobs = new BlobStore(store);
    this.#records = new PackRecords(store);
    this.cache = new PackCache(store, this.#blobs, () => this.#usage(), fallbackReason);
    this.onDidChange = this.#changed.event;
  }

  /**
   * Opens the store and puts the experts of the packs in it into the set. A pack that cannot be used is left out, and
   * listed in {@link Packs.unusable}.
   *
   * @param context - the set of experts and its base
   * @param options - where packs are kept, and which are trusted
   * @returns the packs, for the caller to dispose
   * @throws {@link LimpidError} `InvalidArgument` if the options contradict each other, `InvalidSignature` for a trusted key
   * that is none, `NotSupported` if there are such keys and the runtime has no Ed25519
   */
  static async open(context: PacksContext, options: PackOptions = {}): Promise<Packs> {
    const { store, fallbackReason } = options.store
      ? { store: options.store, fallbackReason: undefined }
      : { fallbackReason: undefined, ...(await openDefaultStore()) };
    const packs = new Packs(context, options, store, fallbackReason);
    if (options.signatures !== undefined || options.trustedKeys !== undefined) await packs.#signaturePolicy();
    await packs.#loadInstalled();
    return packs;
  }

  /** The packs that are installed and fit, in order of id. */
  list(): readonly InstalledPack[] {
    return [...this.#loaded.values()].map(({ pack }) => pack).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /**
   * One pack.
   *
   * @param id - the extension's id
   * @returns undefined if it is not installed, or cannot be used
   */
  get(id: string): InstalledPack | undefined {
    return this.#loaded.get(id)?.pack;
  }

  /** The packs that are installed and cannot be used, with the reason. A new installation may mend them. */
  get unusable(): readonly UnusablePack[] {
    return this.#unusable;
  }

  /**
   * Installs a pack, or another version of an installed one. What is done to one pack waits for each other. If it fails,
   * nothing has changed but the cache, in which finished files and parts of others stay for the next attempt.
   *
   * @param source - the address of its folder; an npm spec such as `@acme/limpid-descreen@1.2.0`, if there is a `cdn`;
   * its files in memory; or any other source
   * @param options - signal, progress, and what it must be
   * @returns the pack
   * @throws {@link LimpidError} `InvalidArgument` for a source that is none; `PackUnavailable`, `PackTooLarge`, `Aborted`;
   * `InvalidManifest`, `IntegrityMismatch` if a file is another than the pack's list says, `InvalidSignature`;
   * `PackMismatch` if it is another pack, `PackOutdated` if it is older than what is or was installed, `ReplacementRefused` if
   * it is no update but another's pack or other files, `CapabilityMissing` if people do not grant what it asks for, `EngineMismatch` and `ExpertMismatch` if it was
   * made for another Limpid or another base; `InvalidArgument` if an expert's id is taken; `DiskFull`; `Disposed`
   */
  async install(
    source: PackSource | ReadonlyMap<string, Uint8Array> | URL | string,
    options: InstallOptions = {},
  ): Promise<InstalledPack> {
    const signal = this.#signalOf(options.signal);
    throwIfAborted(signal);
    const { resolveSource, findPack, fetchPack } = await loadReading();
    const resolved = resolveSource(source, this.#options);
    const found = await findPack(resolved, options.id, await this.#signaturePolicy(), signal);
    return this.#turns.add(found.integrity.id, async () => {
      throwIfAborted(signal);
      const { onProgress } = options;
      const context = {
        ...this.#context,
        blobs: this.#blobs,
        maximumBytes: this.#options.maximumBytes ?? defaultMaximumBytes,
      };
      const confirmed = new Set<ReplacementReason>();
      const fetched = await fetchPack(found, context, {
        signal,
        ...(onProgress !== undefined && { onProgress }),
        accept: async (manifest, incoming) => {
          await this.#admit(manifest, incoming, options, confirmed);
          await options.accept?.(manifest);
        },
      });
      return this.#commit(fetched, options, confirmed);
    });
  }

  /**
   * Goes back to the version that an installed pack had before, which is kept. Done again it goes forward.
   *
   * @param id - the extension's id
   * @returns the pack as it is now
   * @throws {@link LimpidError} `UnknownExtension` if it is not installed, `InvalidArgument` if there is no version before;
   * and what a version that no longer fits is refused with
   */
  async rollback(id: string): Promise<InstalledPack> {
    return this.#turns.add(id, async () => {
      this.#requireOpen();
      return this.#store.exclusively(async () => {
        const record = await this.#requireRecord(id);
        const { current, previous } = record;
        if (previous === undefined) {
          throw new LimpidError(
            "InvalidArgument",
            `there is no earlier version of ${id} than ${current.version}`,
          );
        }
        const swapped = { id, current: previous, previous: current };
        const loaded = await this.#load(swapped);
        await this.#adopt(loaded, swapped, record);
        this.#fire("rolled-back", id, current.version);
        return loaded.pack;
      });
    });
  }

  /**
   * Removes a pack, with its experts and the files that no other pack needs. Runs that use it end undisturbed. What stays
   * is which versions there were, as hashes, and its publisher's key: so that nothing older or other comes back as it.
   *
   * @param id - the extension's id
   * @throws {@link LimpidError} `UnknownExtension` if it is not installed
   */
  async uninstall(id: string): Promise<void> {
    return this.#turns.add(id, async () => {
      this.#requireOpen();
      await this.#store.exclusively(async () => {
        const record = await this.#records.get(id).catch(() => undefined);
        if (record === undefined && !this.#isKnown(id)) throw unknownExtension(id);
        const files = record === undefined ? new Set<string>() : await this.#filesOf(record);
        const previousVersion = this.get(id)?.version ?? record?.current.version;
        if (record !== undefined) await this.#noteVersion(record.id, record.current);
        await this.#records.delete(id);
        await this.#gate?.forget(id);
        this.#context.experts.update({ remove: this.#ownedExperts(id) });
        this.#loaded.delete(id);
        this.#noteUsable(id);
        await this.#collect(files);
        this.#fire("uninstalled", id, previousVersion);
      });
    });
  }

  /**
   * Puts the experts of a pack into the set, or takes them out, without touching what is installed. Not
   * remembered: a new start, or another version, enables it.
   *
   * @param id - the extension's id
   * @param isEnabled - whether they are to be in the set
   * @throws {@link LimpidError} `UnknownExtension` if it is not installed, `InvalidArgument` if an expert's id was taken
   * meanwhile, `Disposed`
   */
  setEnabled(id: string, isEnabled: boolean): void {
    this.#requireOpen();
    const loaded = this.#loaded.get(id);
    if (loaded === undefined) throw unknownExtension(id);
    if (loaded.pack.isEnabled === isEnabled) return;
    this.#context.experts.update(isEnabled ? { add: loaded.entries } : { remove: this.#ownedExperts(id) });
    this.#loaded.set(id, { ...loaded, pack: Object.freeze({ ...loaded.pack, isEnabled }) });
    this.#fire(isEnabled ? "enabled" : "disabled", id, loaded.pack.version);
  }

  /**
   * Reads a file of an installed pack.
   *
   * @param id - the extension's id
   * @param path - inside the pack, as {@link InstalledPack.files} has it
   * @returns the file, checked against the pack's list
   * @throws {@link LimpidError} `UnknownExtension` if the pack is not installed, `InvalidArgument` if it has no such file,
   * `PackUnavailable` if the file is no longer kept: the pack must be installed again
   */
  async read(id: string, path: string): Promise<Uint8Array> {
    const pack = this.get(id);
    if (pack === undefined) throw unknownExtension(id);
    const entry = pack.files.get(path);
    if (entry === undefined) {
      throw new LimpidError("InvalidArgument", `${id} ${pack.version} has no file ${path}`, {
        details: { id, path },
      });
    }
    return this.#readBlob(entry.sha256, `${path} of ${id} ${pack.version}`);
  }

  /**
   * Notes what people have granted the code of an installed pack.
   *
   * @internal
   * @param id - the extension's id
   */
  async grant(id: string): Promise<void> {
    return this.#turns.add(id, () =>
      this.#store.exclusively(async () => {
        const record = await this.#requireRecord(id);
        const loaded = this.#loaded.get(id);
        if (loaded === undefined) throw unknownExtension(id);
        const granted = loaded.pack.manifest.capabilities;
        await this.#records.put({ ...record, current: { ...record.current, granted } });
        this.#loaded.set(id, { ...loaded, pack: Object.freeze({ ...loaded.pack, granted }) });
      }),
    );
  }

  /**
   * Sets who is asked before a pack comes in, by whatever road.
   *
   * @internal
   * @param gate - asked from now on
   */
  setGate(gate: PackGate): void {
    this.#gate = gate;
  }

  /** Ends installations with `Aborted` and forgets listeners. What is installed stays in its store. */
  dispose(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new LimpidError("Disposed", "the packs were disposed"));
    this.#changed.dispose();
    this.#loaded.clear();
  }

  async #loadInstalled(): Promise<void> {
    for (const id of await this.#records.ids()) {
      let record: PackRecord | undefined;
      try {
        record = await this.#records.get(id);
        if (record === undefined) continue;
        const loaded = await this.#load(record);
        this.#context.experts.update({ add: loaded.entries });
        this.#loaded.set(id, loaded);
      } catch (cause) {
        const error = LimpidError.is(cause)
          ? cause
          : new LimpidError("PackUnavailable", `what is kept of ${id} cannot be read`, { cause });
        const { version, source } = record?.current ?? {};
        this.#unusable = [...this.#unusable, { id, version, source, error }];
      }
    }
  }

  /** Made when it is first asked for. */
  async #signaturePolicy(): Promise<SignaturePolicy> {
    const { SignaturePolicy: policy } = await loadReading();
    return (this.#signatures ??= await policy.create(this.#options));
  }

  async #history(): Promise<PackHistories> {
    const { PackHistories: histories } = await loadReading();
    return (this.#histories ??= new histories(this.#store));
  }

  /** Before anything is installed: whether it may take its place, and whether people agree. */
  async #admit(
    manifest: InstalledPack["manifest"],
    incoming: IncomingVersion,
    options: InstallOptions,
    confirmed: Set<ReplacementReason>,
  ): Promise<void> {
    const { id } = manifest;
    const { replacementRefused } = await loadReading();
    const record = await this.#records.get(id).catch(() => undefined);
    const replacement = await this.#requireFitting(id, incoming, record, options);
    if (replacement !== undefined) {
      const isConfirmed = (await this.#options.confirmReplacement?.(replacement)) ?? false;
      if (!isConfirmed) throw replacementRefused(replacement);
      for (const reason of replacement.reasons) confirmed.add(reason);
    }
    await this.#gate?.accept(manifest, await this.#inherited(incoming.version, record));
  }

  /** What people granted the installed version, if that holds for another. */
  async #inherited(
    version: PackVersion,
    record: PackRecord | undefined,
  ): Promise<NonNullable<PackVersion["granted"]>> {
    const { inheritsConsent } = await loadReading();
    return record !== undefined && inheritsConsent(record.current, version)
      ? (record.current.granted ?? {})
      : {};
  }

  /** Refuses an older version; says in what it is no plain update. */
  async #requireFitting(
    id: string,
    incoming: IncomingVersion,
    record: PackRecord | undefined,
    { allowOlder = false }: InstallOptions,
  ): Promise<PackReplacement | undefined> {
    const { requireNotOlder, findReplacement } = await loadReading();
    const histories = await this.#history();
    if (!allowOlder) {
      const newest = record?.current.version ?? (await histories.get(id)).highest;
      requireNotOlder(id, incoming.version.version, newest);
    }
    return findReplacement(id, incoming, record, histories);
  }

  async #commit(
    fetched: FetchedPack,
    options: InstallOptions,
    confirmed: ReadonlySet<ReplacementReason>,
  ): Promise<InstalledPack> {
    const { manifest, signedBy, integrity, entries, blobs } = fetched;
    const { id } = manifest;
    const { isOther, replacementRefused } = await loadReading();
    return this.#store.exclusively(async () => {
      this.#requireOpen();
      const record = await this.#records.get(id).catch(() => undefined);
      // Another page may have installed something since people were asked.
      const replacement = await this.#requireFitting(id, fetched, record, options);
      if (replacement?.reasons.some((reason) => !confirmed.has(reason)))
        throw replacementRefused(replacement);
      const version = {
        ...fetched.version,
        granted: this.#gate === undefined ? undefined : manifest.capabilities,
      };
      const isSame = record?.current.integrity === version.integrity;
      const isAnother = replacement !== undefined && isOther(replacement);
      const previous = isSame ? record.previous : record?.current;
      const next = { id, current: version, previous: isAnother ? undefined : previous };
      const pack = makePack(manifest, integrity, next, signedBy);
      await this.#blobs.writeMissing(blobs);
      await this.#adopt({ pack, entries }, next, record);
      if (isAnother || record === undefined) await this.#gate?.forget(id);
      await this.#noteVersion(id, version);
      this.#fire(record === undefined ? "installed" : "updated", id, record?.current.version);
      return pack;
    });
  }

  /** What cannot be noted now is in the record still, and noted when that goes. */
  async #noteVersion(id: string, { version, integrity, signer }: PackVersion): Promise<void> {
    try {
      const { publisherOf } = await loadReading();
      const histories = await this.#history();
      await histories.note(id, version, integrity);
      if (signer !== undefined) await histories.noteKey(publisherOf(id), signer);
    } catch {
      // The store takes nothing more: what is installed is installed.
    }
  }

  /** Makes a version the one that runs: the record first, then the set of experts, then away with what is left over. */
  async #adopt(loaded: LoadedPack, record: PackRecord, before: PackRecord | undefined): Promise<void> {
    const { experts } = this.#context;
    const { id } = record;
    const update = { remove: this.#ownedExperts(id), add: loaded.entries };
    experts.check(update);
    const files = before === undefined ? new Set<string>() : await this.#filesOf(before);
    await this.#records.put(record);
    try {
      // The application may have changed the set while the record was written.
      experts.update({ ...update, remove: this.#ownedExperts(id) });
    } catch (error) {
      await (before === undefined ? this.#records.delete(id) : this.#records.put(before));
      throw error;
    }
    this.#loaded.set(id, loaded);
    this.#noteUsable(id);
    await this.#collect(files);
  }

  /** Reads an installed version back from the cache and checks it as if it came from outside. */
  async #load(record: PackRecord): Promise<LoadedPack> {
    const { current } = record;
    const reading = await loadReading();
    const signatures = await this.#signaturePolicy();
    const name = `${record.id} ${current.version}`;
    const list = await this.#readBlob(current.integrity, `${reading.integrityFileName} of ${name}`);
    const integrity = reading.parseIntegrity(list, name);
    reading.requireId(integrity, record.id);
    const signature =
      current.signature === undefined
        ? undefined
        : await this.#readBlob(current.signature, `${reading.signatureFileName} of ${name}`);
    const signer = await signatures.check(list, signature, reading.publisherOf(record.id), name);
    const read: ReadPackFile = async (path) =>
      this.#readBlob(reading.requireEntry(integrity, path).sha256, `${path} of ${name}`);
    const { base, config } = this.#context;
    const manifest = await reading.readPackManifest(read, name, integrity, base, undefined);
    const entries = await reading.readPackExperts(read, manifest, integrity, config);
    return { pack: makePack(manifest, integrity, record, signer?.keyId), entries };
  }

  async #readBlob(sha256: string, what: string): Promise<Uint8Array> {
    const bytes = await this.#blobs.read(sha256);
    if (bytes !== undefined) return bytes;
    throw new LimpidError("PackUnavailable", `${what} is no longer kept; the pack must be installed again`, {
      details: { sha256 },
    });
  }

  /** Hashes of every file of the versions that a record keeps. */
  async #filesOf({ current, previous }: PackRecord): Promise<Set<string>> {
    const { parseIntegrity } = await loadReading();
    const hashes = new Set<string>();
    for (const version of previous === undefined ? [current] : [current, previous]) {
      hashes.add(version.integrity);
      if (version.signature !== undefined) hashes.add(version.signature);
      const list = await this.#blobs.read(version.integrity);
      if (list === undefined) continue;
      for (const { sha256 } of parseIntegrity(list, version.source).files.values()) hashes.add(sha256);
    }
    return hashes;
  }

  async #usage(): Promise<FileUsage> {
    const usage = new Map<string, Set<string>>();
    for (const id of await this.#records.ids()) {
      const record = await this.#records.get(id).catch(() => undefined);
      if (record === undefined) continue;
      for (const sha256 of await this.#filesOf(record)) {
        usage.set(sha256, (usage.get(sha256) ?? new Set()).add(id));
      }
    }
    return usage;
  }

  /** Removes those of some files that no record needs any more. One that cannot be removed is left for the next time. */
  async #collect(files: ReadonlySet<string>): Promise<void> {
    if (files.size === 0) return;
    try {
      const usage = await this.#usage();
      for (const sha256 of files) if (!usage.has(sha256)) await this.#blobs.delete(sha256);
    } catch {
      // What happened before has happened; the cache lists what is left over, and clears it.
    }
  }

  #ownedExperts(id: string): string[] {
    return this.#context.experts.list().flatMap((entry) => (entry.owner === id ? [entry.id] : []));
  }

  #isKnown(id: string): boolean {
    return this.#loaded.has(id) || this.#unusable.some((pack) => pack.id === id);
  }

  #noteUsable(id: string): void {
    this.#unusable = this.#unusable.filter((pack) => pack.id !== id);
  }

  async #requireRecord(id: string): Promise<PackRecord> {
    const record = await this.#records.get(id);
    if (record === undefined) throw unknownExtension(id);
    return record;
  }

  #requireOpen(): void {
    if (this.#closing.signal.aborted) throw new LimpidError("Disposed", "packs were used after disposal");
  }

  #signalOf(signal: AbortSignal | undefined): AbortSignal {
    this.#requireOpen();
    return signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
  }

  #fire(kind: PackChange["kind"], id: string, previousVersion: string | undefined): void {
    this.#changed.fire({ kind, id, version: this.get(id)?.version, previousVersion });
  }
}

function makePack(
  manifest: InstalledPack["manifest"],
  { files }: PackIntegrity,
  { current, previous }: PackRecord,
  signedBy: string | undefined,
): InstalledPack {
  const { id, version } = manifest;
  const { source, granted } = current;
  return Object.freeze({
    id,
    version,
    manifest,
    files,
    source,
    signedBy,
    granted,
    previousVersion: previous?.version,
    isEnabled: true,
  });
}

function unknownExtension(id: string): LimpidError {
  return new LimpidError("UnknownExtension", `no extension ${id} is installed`, { details: { id } });
}
