import { LimpidError } from "../base/index.js";
import type { InstalledPack, Packs } from "../packs/index.js";
import { activationEventsOf } from "./activation-events.js";
import type { Commands } from "./commands.js";
import type { Configuration } from "./configuration.js";
import type { ContextKeys } from "./context-keys.js";
import { contribute } from "./contribute.js";
import { orderDependencies, type DependencyGraph } from "./dependency-order.js";
import { apiProposals, type ExtensionMode } from "./extension-api.js";
import { ExtensionEntry } from "./extension-entry.js";
import type { ExtensionServices } from "./extension-services.js";
import type { ExtensionWorkerFactory } from "./extension-worker.js";
import type { KeyValueStorage } from "./key-value-storage.js";
import type { Menus } from "./menus.js";
import { requireProposals } from "./require-proposals.js";
import type { ExtensionTimeouts } from "./running-extension.js";
import { StoredDocument } from "./stored-document.js";

/** What {@link Extensions} works on; all of it stays the caller's. */
export interface ExtensionsContext {
  /** Installs and keeps. */
  readonly packs: Packs;
  /** Takes commands. */
  readonly commands: Commands;
  /** Takes menu items. */
  readonly menus: Menus;
  /** Takes context keys. */
  readonly contextKeys: ContextKeys;
  /** Takes settings. */
  readonly configuration: Configuration;
  /** Keeps what is disabled and what extensions remember. */
  readonly storage: KeyValueStorage;
  /** What code reaches. */
  readonly services: ExtensionServices;
}

/** How the code of extensions runs. */
export interface ExtensionLifecycleOptions {
  /** Starts its workers; undefined if the application gave no way to. */
  readonly workers: ExtensionWorkerFactory | undefined;
  /** In what circumstances it runs. */
  readonly mode: ExtensionMode;
  /** How long things may take. */
  readonly timeouts: ExtensionTimeouts;
}

/**
 * What happens to extensions once they are installed: enabled, with all that they contribute; started, when something
 * needs their code; ended. What people want of them is for {@link Extensions} to know.
 */
export class ExtensionLifecycle {
  /** The installed extensions. */
  readonly entries = new Map<string, ExtensionEntry>();
  readonly #context: ExtensionsContext;
  readonly #options: ExtensionLifecycleOptions;
  readonly #onChange: (id: string) => void;

  /**
   * @param context - what extensions contribute to and reach
   * @param options - how code runs
   * @param onChange - told of every extension whose state changed
   */
  constructor(
    context: ExtensionsContext,
    options: ExtensionLifecycleOptions,
    onChange: (id: string) => void,
  ) {
    this.#context = context;
    this.#options = options;
    this.#onChange = onChange;
  }

  /** Takes an installed extension in, disabled. */
  add(pack: InstalledPack): void {
    this.entries.set(pack.id, new ExtensionEntry(pack, (own) => this.activate(own, "activate")));
  }

  /**
   * One extension.
   *
   * @throws {@link LimpidError} `UnknownExtension`
   */
  require(id: string): ExtensionEntry {
    const entry = this.entries.get(id);
    if (entry !== undefined) return entry;
    throw new LimpidError("UnknownExtension", `no extension ${id} is installed`, { details: { id } });
  }

  /** Who needs whom. */
  graph(): DependencyGraph {
    return new Map([...this.entries].map(([id, { manifest }]) => [id, manifest.extensionDependencies]));
  }

  /**
   * Refuses an extension that could not be enabled: for what it needs, waits for, or tries.
   *
   * @param pack - installed or to be installed
   * @throws {@link LimpidError} `DependencyMissing`, `InvalidManifest`, `CapabilityMissing`
   */
  requireEnableable({ id, manifest }: Pick<InstalledPack, "id" | "manifest">): void {
    const graph = new Map(this.graph()).set(id, manifest.extensionDependencies);
    for (const needed of orderDependencies(id, graph)) {
      if (needed === id || this.entries.get(needed)?.isEnabled) continue;
      throw new LimpidError("DependencyMissing", `${id} needs ${needed}, which is disabled`, {
        details: { missing: needed, neededBy: id },
      });
    }
    activationEventsOf(manifest);
    requireProposals({ id, manifest }, this.#options.mode, apiProposals);
  }

  /**
   * Puts an extension's contributions in: all of them or, if something does not fit, none.
   *
   * @throws {@link LimpidError} as {@link ExtensionLifecycle.requireEnableable}; `InvalidArgument` if a command, a setting or
   * an expert is there already
   */
  enable(entry: ExtensionEntry): void {
    if (entry.isEnabled) return;
    const { id, pack, manifest } = entry;
    this.requireEnableable(pack);
    const contributions = contribute(manifest, this.#context);
    try {
      this.#context.packs.setEnabled(id, true);
    } catch (error) {
      contributions.dispose();
      throw error;
    }
    entry.events = activationEventsOf(manifest);
    entry.contributions = contributions;
    entry.error = undefined;
    entry.state = "enabled";
    this.#onChange(id);
  }

  /** Gives the code time to end, and takes everything out. */
  async disable(entry: ExtensionEntry): Promise<void> {
    const { running } = entry;
    entry.running = undefined;
    await running?.deactivate();
    this.takeOut(entry);
    if (this.#context.packs.get(entry.id) !== undefined) this.#context.packs.setEnabled(entry.id, false);
    this.#onChange(entry.id);
  }

  /** Takes everything out but the experts; code that runs is given its time to end, and is not waited for. */
  takeOut(entry: ExtensionEntry): void {
    entry.stop?.abort(new LimpidError("Aborted", `the extension ${entry.id} is taken out`));
    void entry.running?.deactivate();
    entry.contributions?.dispose();
    entry.running = entry.contributions = entry.starting = entry.stop = entry.error = undefined;
    entry.state = "disabled";
  }

  /**
   * Starts the code of the extensions that wait for an event, one after the other.
   *
   * @param event - such as `onCommand:acme.descreenAll`
   * @throws {@link LimpidError} `ExtensionFailed`
   */
  async activateFor(event: string): Promise<void> {
    for (const entry of this.waitingFor(event)) await this.activate(entry, event);
  }

  /** The enabled extensions that wait for an event. */
  waitingFor(event: string): readonly ExtensionEntry[] {
    return [...this.entries.values()].filter((entry) => entry.isEnabled && entry.events.has(event));
  }

  /**
   * Starts an extension's code, if it has any and was not started before, after that of the extensions that it needs.
   *
   * @param entry - the extension
   * @param reason - the event that it is started for
   * @throws {@link LimpidError} `ExtensionFailed`; `InvalidArgument` if it is disabled
   */
  activate(entry: ExtensionEntry, reason: string): Promise<void> {
    if (!entry.isEnabled) {
      return Promise.reject(
        new LimpidError("InvalidArgument", `the extension ${entry.id} is disabled`, {
          details: { id: entry.id },
        }),
      );
    }
    if (entry.manifest.browser === undefined) return Promise.resolve();
    entry.starting ??= this.#start(entry, reason);
    return entry.starting;
  }

  /** What an extension remembers. */
  stateOf(id: string): Promise<StoredDocument> {
    return StoredDocument.load(this.#context.storage, `state/${id}`);
  }

  async #start(entry: ExtensionEntry, reason: string): Promise<void> {
    const { id, pack } = entry;
    const stop = new AbortController();
    entry.stop = stop;
    entry.state = "activating";
    this.#onChange(id);
    try {
      for (const needed of pack.manifest.extensionDependencies)
        await this.activate(this.require(needed), reason);
      // Loaded only here: most pages have no extension with code.
      const { activateExtension } = await import("./activate-extension.js");
      const { running, readTime, activateTime } = await activateExtension({
        ...this.#context,
        pack,
        state: await this.stateOf(id),
        ...this.#options,
        signal: stop.signal,
        read: (owner, path) => this.#context.packs.read(owner, path),
        onLog: (line) => entry.write(line),
      });
      if (stop.signal.aborted) {
        running.dispose();
        throw stop.signal.reason;
      }
      entry.running = running;
      entry.activation = { reason, readTime, activateTime };
      entry.state = "active";
      running.onDidFail((error) => this.#fail(entry, error));
      this.#onChange(id);
    } catch (error) {
      // Taken out meanwhile: then it is another's to say what state it is in.
      if (!stop.signal.aborted) this.#fail(entry, asFailure(id, error));
      throw asFailure(id, error);
    }
  }

  #fail(entry: ExtensionEntry, error: LimpidError): void {
    entry.running = undefined;
    entry.error = error;
    entry.state = "failed";
    entry.write({ level: "error", text: error.message });
    // Whoever needs it later gets the same reason.
    entry.starting = Promise.reject(error);
    entry.starting.catch(ignore);
    this.#onChange(entry.id);
  }
}

function asFailure(id: string, error: unknown): LimpidError {
  if (LimpidError.is(error)) return error;
  return new LimpidError("ExtensionFailed", `the extension ${id} cannot run: ${(error as Error).message}`, {
    cause: error,
    details: { id },
  });
}

function ignore(): void {
  // The extension's state and error tell.
}
