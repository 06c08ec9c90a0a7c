import { EventEmitter, LimpidError, type Disposable, type Event } from "../base/index.js";
import type {
  ExtensionCapabilities,
  ExtensionManifest,
  InstallOptions,
  PackChange,
  Packs,
} from "../packs/index.js";
import type { DegradationProbability } from "../router/index.js";
import { exceeds } from "./capabilities.js";
import { requireFree } from "./contribute.js";
import { findDependents, orderDependencies } from "./dependency-order.js";
import type { ExtensionMode } from "./extension-api.js";
import { ExtensionLifecycle, type ExtensionsContext } from "./extension-lifecycle.js";
import type { ExtensionWorkerFactory } from "./extension-worker.js";
import type { Extension } from "./extension.js";
import type { ExtensionTimeouts } from "./running-extension.js";
import { StoredDocument } from "./stored-document.js";

/** How extensions run. */
export interface ExtensionOptions {
  /** Starts workers for their code; without it extensions with code are installed, but their code cannot start. */
  readonly workers?: ExtensionWorkerFactory;
  /** In what circumstances they run; `production` if left out. Proposals for the API need `development`. */
  readonly mode?: ExtensionMode;
  /**
   * Asked before code with capabilities comes in by whatever road, and before an update that asks for more: shows people what
   * for. What they grant holds for updates from the same address, npm package and key, and for nothing else. If it says no,
   * nothing is installed. Left out, an installation is consent.
   */
  readonly confirmCapabilities?: (manifest: ExtensionManifest) => boolean | Promise<boolean>;
  /**
   * Ids of the application's commands that extensions may execute; none if left out. Limpid's own take the capability
   * `pixels`, and those of other extensions no more than what these were granted.
   */
  readonly commands?: readonly string[];
  /** How long things may take: 10 seconds to activate, 2 to deactivate, 10 without a sign of life, if left out. */
  readonly timeouts?: Partial<ExtensionTimeouts>;
}

/** What changed in {@link Extensions}. */
export interface ExtensionsChange {
  /** Ids of the extensions that came, went, or are in another state or version. */
  readonly ids: readonly string[];
}

const defaultTimeouts: ExtensionTimeouts = { activation: 10_000, deactivation: 2000, response: 10_000 };

/**
 * The extensions of one Limpid: installed, enabled, started when they are needed, and ended.
 *
 * @example
 * ```ts
 * await limpid.extensions.install("https://example.com/limpid-descreen-1.2.0/");
 * for (const { id, version, state } of limpid.extensions.list()) console.log(id, version, state);
 * await limpid.extensions.disable("acme.limpid-descreen");
 * ```
 */
export class Extensions implements Disposable {
  readonly [Symbol.dispose] = (): void => this.dispose();
  /** Fired after extensions came, went, or changed their state or version. */
  readonly onDidChange: Event<ExtensionsChange>;
  readonly #changed = new EventEmitter<ExtensionsChange>();
  readonly #lifecycle: ExtensionLifecycle;
  readonly #context: ExtensionsContext;
  readonly #options: ExtensionOptions;
  readonly #switches: StoredDocument;
  readonly #listening: Disposable;
  #isDisposed = false;

  private constructor(context: ExtensionsContext, options: ExtensionOptions, switches: StoredDocument) {
    const { workers, mode = "production", timeouts, commands = [] } = options;
    this.#context = context;
    this.#options = options;
    this.#switches = switches;
    this.onDidChange = this.#changed.event;
    this.#lifecycle = new ExtensionLifecycle(
      context,
      { workers, mode, timeouts: { ...defaultTimeouts, ...timeouts }, listedCommands: new Set(commands) },
      (id) => this.#changed.fire({ ids: [id] }),
    );
    context.commands.setActivator((command) => this.#lifecycle.activateFor(`onCommand:${command}`));
    const ids = context.packs.list().map((pack) => {
      this.#lifecycle.add(pack);
      return pack.id;
    });
    for (const id of ids)
      if (this.#isSwitchedOff(id) || !this.#tryEnable(id)) context.packs.setEnabled(id, false);
    context.packs.setGate({
      accept: (manifest, granted) => this.#confirm(manifest, granted),
      forget: (id) => this.#forget(id),
    });
    this.#listening = context.packs.onDidChange((change) => this.#follow(change));
  }

  /**
   * Takes over the installed extensions and enables those that people did not disable. One that cannot be enabled is left
   * out and says why in its `error`.
   *
   * @param context - what extensions contribute to and reach
   * @param options - how they run
   * @returns the extensions, for the caller to dispose before the rest of the context
   */
  static async open(context: ExtensionsContext, options: ExtensionOptions = {}): Promise<Extensions> {
    return new Extensions(context, options, await StoredDocument.load(context.storage, "extensions"));
  }

  /**
   * The installed extensions.
   *
   * @returns sorted by id
   */
  list(): readonly Extension[] {
    return [...this.#lifecycle.entries.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /**
   * One extension.
   *
   * @param id - its publisher, a dot, its name without the scope, in lower case
   * @returns undefined if it is not installed
   */
  getExtension(id: string): Extension | undefined {
    return this.#lifecycle.entries.get(id.toLowerCase());
  }

  /**
   * Whether an extension's contributions are there.
   *
   * @param id - the extension
   */
  isEnabled(id: string): boolean {
    return this.#lifecycle.entries.get(id)?.isEnabled ?? false;
  }

  /**
   * Installs an extension, or another version of it, and enables it unless people disabled it before.
   *
   * @param source - the address of its folder, an npm spec, its files in memory, or another source
   * @param options - signal, progress, and what it must be
   * @returns the extension
   * @throws {@link LimpidError} what {@link Packs.install} throws; `DependencyMissing` if it needs an extension that is not
   * there, `CapabilityMissing` if its capabilities are not granted or it tries proposals, `InvalidManifest` for an unknown
   * activation event, `InvalidArgument` if a command or setting is taken. Nothing has changed then
   */
  async install(source: Parameters<Packs["install"]>[0], options: InstallOptions = {}): Promise<Extension> {
    const { packs } = this.#context;
    let before: string | undefined;
    const pack = await packs.install(source, {
      ...options,
      accept: async (manifest: ExtensionManifest) => {
        before = packs.get(manifest.id)?.version;
        this.#lifecycle.requireEnableable({ id: manifest.id, manifest });
        requireFree(manifest, this.#context);
        await options.accept?.(manifest);
      },
    });
    const entry = this.#require(pack.id);
    const { error } = entry;
    if (entry.isEnabled || error === undefined) return entry;
    // A command, a setting or an expert that is there already shows only now.
    if (before === undefined) await packs.uninstall(pack.id);
    else if (before !== pack.version) await packs.rollback(pack.id);
    throw error;
  }

  /**
   * Installs another version of an installed extension.
   *
   * @param id - the extension
   * @param source - where the other version is
   * @param options - signal and progress
   * @returns the extension
   * @throws {@link LimpidError} `UnknownExtension`, and what {@link Extensions.install} throws: the version before runs on then
   */
  async update(
    id: string,
    source: Parameters<Packs["install"]>[0],
    options: Omit<InstallOptions, "id"> = {},
  ): Promise<Extension> {
    this.#require(id);
    return this.install(source, { ...options, id });
  }

  /**
   * Goes back to the version before. Done again it goes forward.
   *
   * @param id - the extension
   * @returns the extension
   * @throws {@link LimpidError} `UnknownExtension`; what {@link Packs.rollback} throws
   */
  async rollback(id: string): Promise<Extension> {
    this.#require(id);
    await this.#context.packs.rollback(id);
    const entry = this.#require(id);
    if (!entry.isEnabled && entry.error !== undefined) throw entry.error;
    return entry;
  }

  /**
   * Removes an extension with all that it contributes and remembers.
   *
   * @param id - the extension
   * @throws {@link LimpidError} `UnknownExtension`; `DependencyMissing` if an enabled extension needs it
   */
  async uninstall(id: string): Promise<void> {
    const entry = this.#require(id);
    this.#requireUnneeded(id);
    await this.#lifecycle.disable(entry);
    await this.#context.packs.uninstall(id);
    await this.#switches.set(id, undefined);
  }

  /**
   * Puts an extension's contributions in, now and after the next start. Code that failed may be started again; what nobody has
   * granted yet is asked for.
   *
   * @param id - the extension
   * @throws {@link LimpidError} `UnknownExtension`; what {@link Extensions.install} says of contributions, dependencies and
   * capabilities
   */
  async enable(id: string): Promise<void> {
    const entry = this.#require(id);
    const { manifest, pack } = entry;
    if (exceeds(manifest.capabilities, pack.granted ?? {})) {
      await this.#confirm(manifest, pack.granted ?? {});
      await this.#context.packs.grant(id);
      entry.pack = this.#context.packs.get(id) ?? pack;
    }
    await this.#lifecycle.forgive(entry);
    this.#lifecycle.enable(entry);
    await this.#switches.set(id, undefined);
  }

  /**
   * Ends an extension's code and takes its contributions out, now and after the next start.
   *
   * @param id - the extension
   * @throws {@link LimpidError} `UnknownExtension`; `DependencyMissing` if an enabled extension needs it
   */
  async disable(id: string): Promise<void> {
    const entry = this.#require(id);
    this.#requireUnneeded(id);
    await this.#lifecycle.disable(entry);
    await this.#switches.set(id, "disabled");
  }

  /**
   * Enables these extensions, with all that they need, and disables the others, until the next start. For a search for the
   * one at fault.
   *
   * @param ids - extensions that are installed
   * @throws {@link LimpidError} `UnknownExtension`, `DependencyMissing`
   */
  async enableOnly(ids: Iterable<string>): Promise<void> {
    const graph = this.#lifecycle.graph();
    const wanted = new Set([...ids].flatMap((id) => orderDependencies(this.#require(id).id, graph)));
    const ending = [...this.#lifecycle.entries.values()].filter(
      (entry) => entry.isEnabled && !wanted.has(entry.id),
    );
    await Promise.all(ending.map((entry) => this.#lifecycle.disable(entry)));
    for (const id of wanted) this.#lifecycle.enable(this.#require(id));
  }

  /**
   * Starts the code of the extensions that wait for an event. Returns at once; what goes wrong is in their `error`.
   *
   * @param event - such as `onStartupFinished`
   */
  fireActivationEvent(event: string): void {
    for (const entry of this.#lifecycle.waitingFor(event)) {
      this.#lifecycle.activate(entry, event).catch(() => undefined);
    }
  }

  /**
   * Tells what an analysis found: starts the extensions that wait for it, and tells those that listen.
   *
   * @param degradations - each with its probability
   * @param present - those that count as found
   */
  analyzed(
    degradations: readonly DegradationProbability[],
    present: readonly Pick<DegradationProbability, "degradation">[],
  ): void {
    for (const { degradation } of present) this.fireActivationEvent(`onDegradation:${degradation}`);
    for (const { running } of this.#lifecycle.entries.values()) running?.analyzed(degradations);
  }

  /** Ends the code of all extensions at once and takes their contributions out. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#listening.dispose();
    const { entries } = this.#lifecycle;
    for (const entry of [...entries.values()].reverse()) entry.dispose();
    entries.clear();
    this.#changed.dispose();
  }

  /** Asks people for what goes beyond what they have granted. */
  async #confirm(manifest: ExtensionManifest, granted: ExtensionCapabilities): Promise<void> {
    const { id, capabilities } = manifest;
    const { confirmCapabilities } = this.#options;
    if (confirmCapabilities === undefined || !exceeds(capabilities, granted)) return;
    if (await confirmCapabilities(manifest)) return;
    throw new LimpidError("CapabilityMissing", `${id} was not granted what it asks for`, {
      details: { id, capabilities },
    });
  }

  /** Ends an extension's code, and forgets what it remembers, its settings and crashes. */
  async #forget(id: string): Promise<void> {
    const entry = this.#lifecycle.entries.get(id);
    entry?.running?.dispose();
    const settings = Object.keys(entry?.manifest.contributes.configuration?.properties ?? {});
    await this.#context.configuration.forget(settings);
    await (await this.#lifecycle.stateOf(id)).clear();
  }

  /** Keeps up with what happens to packs, whoever does it. */
  #follow({ kind, id }: PackChange): void {
    if (kind === "enabled" || kind === "disabled") return;
    const pack = this.#context.packs.get(id);
    const entry = this.#lifecycle.entries.get(id);
    if (pack === undefined) {
      entry?.dispose();
      this.#lifecycle.entries.delete(id);
    } else {
      if (entry === undefined) {
        this.#lifecycle.add(pack);
      } else {
        this.#lifecycle.takeOut(entry);
        entry.pack = pack;
        entry.activation = undefined;
        void this.#lifecycle.forgive(entry);
      }
      if (this.#isSwitchedOff(id) || !this.#tryEnable(id)) this.#context.packs.setEnabled(id, false);
    }
    this.#changed.fire({ ids: [id] });
  }

  /** Enables an extension after those that it needs, which may not have had their turn yet. */
  #tryEnable(id: string): boolean {
    const entry = this.#require(id);
    try {
      for (const needed of orderDependencies(id, this.#lifecycle.graph())) {
        if (!this.#isSwitchedOff(needed)) this.#lifecycle.enable(this.#require(needed));
      }
      return true;
    } catch (error) {
      entry.error = error as LimpidError;
      return false;
    }
  }

  #requireUnneeded(id: string): void {
    const dependents = findDependents(id, this.#lifecycle.graph()).filter((one) => this.isEnabled(one));
    if (dependents.length === 0) return;
    throw new LimpidError("DependencyMissing", `${dependents.join(", ")} would be without ${id}`, {
      details: { missing: id, neededBy: dependents },
    });
  }

  #require(id: string): ReturnType<ExtensionLifecycle["require"]> {
    if (this.#isDisposed) throw new LimpidError("Disposed", "extensions were used after disposal");
    return this.#lifecycle.require(id);
  }

  #isSwitchedOff(id: string): boolean {
    return this.#switches.get(id) === "disabled";
  }
}
