import { EventEmitter, LimpidError, type Disposable } from "../base/index.js";
import type { ExtensionManifest, InstalledPack } from "../packs/index.js";
import type { Extension, ExtensionActivation, ExtensionState } from "./extension.js";
import type { ExtensionLogLine } from "./host-handlers.js";
import type { RunningExtension } from "./running-extension.js";

/** How many lines of an extension are kept. */
const keptLines = 100;

/** An extension as its registry sees it: what {@link Extension} shows, and what belongs to it. */
export class ExtensionEntry implements Extension {
  pack: InstalledPack;
  state: ExtensionState = "disabled";
  /** Why it does not. */
  error: LimpidError | undefined;
  /** How its code was started. */
  activation: ExtensionActivation | undefined;
  events: ReadonlySet<string> = new Set();
  /** What it contributes, while it is enabled. */
  contributions: Disposable | undefined;
  /** The start of its code, once there was one. */
  starting: Promise<void> | undefined;
  /** The end of the code before, while there is one: what comes next waits for it. */
  ending: Promise<unknown> | undefined;
  /** Gives up that start. */
  stop: AbortController | undefined;
  /** Ends the time after a start in which a crash counts as one of the start. */
  probation: Disposable | undefined;
  /** Crashes of its starts in a row, before the one that runs. */
  crashes = 0;
  /** Its code, while it runs. */
  running: RunningExtension | undefined;
  readonly #lines: ExtensionLogLine[] = [];
  readonly #logged = new EventEmitter<ExtensionLogLine>();
  /** Fired for every line. */
  readonly onDidLog = this.#logged.event;
  readonly #activate: (entry: ExtensionEntry) => Promise<void>;

  constructor(pack: InstalledPack, activate: (entry: ExtensionEntry) => Promise<void>) {
    this.pack = pack;
    this.#activate = activate;
  }

  get id(): string {
    return this.pack.id;
  }

  get version(): string {
    return this.pack.version;
  }

  get manifest(): ExtensionManifest {
    return this.pack.manifest;
  }

  get isActive(): boolean {
    return this.state === "active";
  }

  /** Whether its contributions are there. */
  get isEnabled(): boolean {
    return this.contributions !== undefined;
  }

  get log(): readonly ExtensionLogLine[] {
    return [...this.#lines];
  }

  activate(): Promise<void> {
    return this.#activate(this);
  }

  /** Keeps a line. */
  write(line: ExtensionLogLine): void {
    this.#lines.push(line);
    if (this.#lines.length > keptLines) this.#lines.shift();
    this.#logged.fire(line);
  }

  /** Ends its code at once and takes its contributions away. */
  dispose(): void {
    this.stop?.abort(new LimpidError("Disposed", `the extension ${this.id} was disposed`));
    this.probation?.dispose();
    this.running?.dispose();
    this.contributions?.dispose();
    this.#logged.dispose();
    this.running = this.contributions = this.starting = this.stop = undefined;
    this.state = "disabled";
  }
}
