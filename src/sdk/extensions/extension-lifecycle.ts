import { LimpidError, throwIfAborted, toDisposable } from "../base/index.js";
import type { InstalledPack, Packs } from "../packs/index.js";
import { activationEventsOf } from "./activation-events.js";
import { exceeds } from "./capabilities.js";
import type { Commands } from "./commands.js";
import type { Configuration } from "./configuration.js";
import type { ContextKeys } from "./context-keys.js";
import { contribute } from "./contribute.js";
import { orderDependencies, type DependencyGraph } from "./dependency-order.js";
import type { ExtensionMode } from "./extension-api.js";
import { ExtensionEntry } from "./extension-entry.js";
import type { ExtensionServices } from "./extension-services.js";
import type { ExtensionWorkerFactory } from "./extension-worker.js";
import type { KeyValueStorage } from "./key-value-storage.js";
import type { Menus } from "./menus.js";
import { requireExecutable } from "./require-executable.js";
import { requireProposals } from "./require-proposals.js";
import type { ExtensionTimeouts } from "./running-extension.js";
import { StartRecord } from "./start-record.js";
import { StoredDocument } from "./stored-document.js";

/** What {@link Extensions} works on; all of it stays the caller's. */
export interface ExtensionsContext {
  /** Installs and keeps. */
  readonly packs: Packs;
  readonly commands: Commands;
  readonly menus: Menus;
  readonly contextKeys: ContextKeys;
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
  readonly timeouts: ExtensionTimeouts;
  /** Commands of the application that extensions may execute. */
  readonly listedCommands: ReadonlySet<string>;
}

/**
 * What happens to extensions once they are installed: enabled, with all that they contribute; started, when something
 * needs their code; ended. What people want of them is for {@link Extensions} to know.
 */
export class ExtensionLifecycle {
  readonly entries = new Map<string, ExtensionEntry>();
  readonly #context: ExtensionsContext;
  readonly #options: ExtensionLifecycleOptions;
  readonly #onChange: (id: string) => void;
  #starts: Promise<StartRecord> | undefined;

  /** @param onChange - told of every extension whose state changed */
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
    requireProposals({ id, manifest }, this.#options.mode);
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
    requireGranted(pack);
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

  /** Takes everything out, and waits for the code to end. */
  async disable(entry: ExtensionEntry): Promise<void> {
    this.takeOut(entry);
    await entry.ending;
    if (this.#context.packs.get(entry.id) !== undefined) this.#context.packs.setEnabled(entry.id, false);
    this.#onChange(entry.id);
  }

  /** Takes everything out but the experts; code that runs is given its time to end, and is not waited for. */
  takeOut(entry: ExtensionEntry): void {
    entry.stop?.abort(new LimpidError("Aborted", `the extension ${entry.id} is taken out`));
    entry.probation?.dispose();
    const ending = Promise.allSettled([entry.ending, entry.starting, entry.running?.deactivate()]);
    entry.ending = ending.then(() => {
      if (entry.ending === ended) entry.ending = undefined;
    });
    const ended = entry.ending;
    entry.contributions?.dispose();
    entry.running = entry.contributions = entry.starting = entry.stop = entry.error = undefined;
    entry.state = "disabled";
  }

  /** Forgets that an extension crashed, and lets it be started again. */
  async forgive(entry: ExtensionEntry): Promise<void> {
    await (await this.#startRecord()).set(entry.id, 0);
    if (entry.state !== "failed") return;
    entry.starting = entry.error = undefined;
    entry.state = "enabled";
    this.#onChange(entry.id);
  }

  /**
   * Starts the code of the extensions that wait for an event, one after the other.
   *
   * @param event - such as `onCommand:acme.descreenAll`
   * @throws {@link LimpidError} `ExtensionFailed`
   */
  async activateFor(event: string): Promise<void> {
    for (const entry of this.waitingFor(event)) {
      try {
        await this.activate(entry, event);
      } catch (error) {
        // Another version took its place meanwhile: what waits for the code gets that one's.
        const isReplaced = LimpidError.is(error, "Aborted") && this.waitingFor(event).includes(entry);
        if (!isReplaced) throw error;
        await this.activate(entry, event);
      }
    }
  }

  /** The enabled extensions that wait for an event. */
  waitingFor(event: string): readonly ExtensionEntry[] {
    return [...this.entries.values()].filter((entry) => entry.isEnabled && entry.events.has(event));
  }

  /**
   * Starts an extension's code, if it has any and was not started before, after that of the extensions that it needs.
   *
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

  #startRecord(): Promise<StartRecord> {
    this.#starts ??= StoredDocument.load(this.#context.storage, "starts").then(
      (document) => new StartRecord(document),
    );
    return this.#starts;
  }

  async #start(entry: ExtensionEntry, reason: string): Promise<void> {
    const { id, pack } = entry;
    const stop = new AbortController();
    entry.stop = stop;
    entry.state = "activating";
    this.#onChange(id);
    const starts = await this.#startRecord();
    let crashes: number | undefined;
    try {
      await entry.ending;
      throwIfAborted(stop.signal);
      for (const needed of pack.manifest.extensionDependencies)
        await this.activate(this.require(needed), reason);
      // Loaded only here: most pages have no extension with code.
      const { activateExtension } = await import("./activate-extension.js");
      crashes = await starts.begin(id);
      const { running, readTime, activateTime } = await activateExtension({
        ...this.#context,
        pack,
        state: await this.stateOf(id),
        ...this.#options,
        signal: stop.signal,
        read: (owner, path) => this.#context.packs.read(owner, path),
        onLog: (line) => entry.write(line),
        requireExecutable: (command) => this.#requireExecutable(pack, command),
      });
      if (stop.signal.aborted) {
        running.dispose();
        throw stop.signal.reason;
      }
      entry.crashes = crashes;
      await starts.set(id, crashes);
      this.#putOnProbation(entry, starts);
      entry.running = running;
      entry.activation = { reason, readTime, activateTime };
      entry.state = "active";
      running.onDidFail((error) => this.#fail(entry, error));
      this.#onChange(id);
    } catch (error) {
      if (crashes !== undefined) await starts.set(id, crashes + (hasCrashed(error) ? 1 : 0));
      // Taken out meanwhile: then it is another's to say what state it is in.
      if (!stop.signal.aborted) this.#fail(entry, asFailure(id, error));
      throw asFailure(id, error);
    }
  }

  /** A crash soon after the start is one of the start; after that, earlier ones are forgotten. */
  #putOnProbation(entry: ExtensionEntry, starts: StartRecord): void {
    const timer = setTimeout(() => {
      entry.probation = undefined;
      void starts.set(entry.id, 0);
    }, this.#options.timeouts.activation);
    entry.probation = toDisposable(() => clearTimeout(timer));
  }

  #requireExecutable({ manifest }: InstalledPack, command: string): void {
    const described = this.#context.commands.describe(command);
    if (described === undefined) return; // nobody has it, which is for the execution to say
    const owner = described.owner === undefined ? undefined : this.entries.get(described.owner)?.manifest;
    requireExecutable(manifest, command, owner, this.#options.listedCommands);
  }

  #fail(entry: ExtensionEntry, error: LimpidError): void {
    if (entry.probation !== undefined && hasCrashed(error)) {
      entry.probation.dispose();
      void this.#startRecord().then((starts) => starts.set(entry.id, entry.crashes + 1));
    }
    entry.running = undefined;
    entry.error = error;
    entry.state = "failed";
    entry.write({ level: "error", text: error.message });
    // Whoever needs it later gets the same reason.
    entry.starting = Promise.reject(error);
    entry.starting.catch(() => undefined);
    this.#onChange(entry.id);
  }
}

function hasCrashed(error: unknown): boolean {
  return LimpidError.is(error) && error.details?.hasCrashed === true;
}

/** What an extension asks for beyond what people granted this version keeps it disabled. */
function requireGranted({ id, manifest, granted }: InstalledPack): void {
  if (!exceeds(manifest.capabilities, granted ?? {})) return;
  throw new LimpidError(
    "CapabilityMissing",
    `${id} was not granted what it asks for: enable it to be asked`,
    {
      details: { id, capabilities: manifest.capabilities },
    },
  );
}

function asFailure(id: string, error: unknown): LimpidError {
  if (LimpidError.is(error)) return error;
  return new LimpidError("ExtensionFailed", `the extension ${id} cannot run: ${(error as Error).message}`, {
    cause: error,
    details: { id },
  });
}
