import type { Event, LimpidError } from "../base/index.js";
import type { ExtensionManifest } from "../packs/index.js";
import type { ExtensionLogLine } from "./host-handlers.js";

/**
 * What an extension is doing.
 *
 * - `disabled`: it is installed, and nothing of it is there: people switched it off, or it cannot be enabled (`error`).
 * - `enabled`: its contributions are there; its code, if it has any, has not been needed yet.
 * - `activating`: its code starts.
 * - `active`: its code runs.
 * - `failed`: its code threw, hung or broke the rules, and was ended; its other contributions stay.
 */
export type ExtensionState = "disabled" | "enabled" | "activating" | "active" | "failed";

/** How an extension's code was started. Times are in milliseconds. */
export interface ExtensionActivation {
  /** The event that started it, such as `onCommand:acme.descreenAll`. */
  readonly reason: string;
  /** To read its code and check it. */
  readonly readTime: number;
  /** To start its worker, load its code and run `activate`. */
  readonly activateTime: number;
}

/** An installed extension. The same object as long as it is installed; its version changes with an update. */
export interface Extension {
  /** Such as `acme.limpid-descreen`. */
  readonly id: string;
  /** Its version, semantic. */
  readonly version: string;
  /** What its `package.json` says. */
  readonly manifest: ExtensionManifest;
  /** What it is doing. */
  readonly state: ExtensionState;
  /** Whether its code runs. */
  readonly isActive: boolean;
  /** Why it is `failed`, or cannot be enabled; undefined otherwise. */
  readonly error: LimpidError | undefined;
  /** How its code was started, the last time; undefined if it never was. */
  readonly activation: ExtensionActivation | undefined;
  /** The last hundred lines that its code wrote, the oldest first. */
  readonly log: readonly ExtensionLogLine[];
  /** Fired for every line that its code writes. */
  readonly onDidLog: Event<ExtensionLogLine>;
  /**
   * Starts its code, if it has any and does not run yet.
   *
   * @throws {@link LimpidError} `ExtensionFailed` if it throws, hangs, or did so before; `InvalidArgument` if it is disabled
   */
  activate(): Promise<void>;
}
