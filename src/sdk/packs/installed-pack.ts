import type { LimpidError } from "../base/index.js";
import type { IntegrityEntry } from "./integrity.js";
import type { ExtensionCapabilities, ExtensionManifest } from "./manifest.js";

/** A pack that is installed and fits. Immutable: an update makes another. */
export interface InstalledPack {
  /** The extension's id, such as `acme.limpid-descreen`. */
  readonly id: string;
  /** Its version, semantic. */
  readonly version: string;
  /** What its `package.json` says. */
  readonly manifest: ExtensionManifest;
  /** Its files by path, with their sizes and hashes. */
  readonly files: ReadonlyMap<string, IntegrityEntry>;
  /** Where it came from, for people. */
  readonly source: string;
  /**
   * {@link signingKeyId} of the key that it is signed with; undefined if it is not signed. Whose key that is, only
   * `trustedKeys` can say; but what has one key is of one hand.
   */
  readonly signedBy: string | undefined;
  /** What people granted its code; undefined if nobody was asked. */
  readonly granted: ExtensionCapabilities | undefined;
  /** The version that {@link Packs.rollback} would go back to. */
  readonly previousVersion: string | undefined;
  /** Whether its experts are in the set: see {@link Packs.setEnabled}. */
  readonly isEnabled: boolean;
}

/** A pack that was installed and cannot be used now: made for another model, not trusted any more, or damaged. */
export interface UnusablePack {
  /** The extension's id. */
  readonly id: string;
  /** Its version; undefined if not even that can be read. */
  readonly version: string | undefined;
  /** Where it came from, for people; undefined if not even that can be read. */
  readonly source: string | undefined;
  readonly error: LimpidError;
}

/** What happened to a pack. */
export interface PackChange {
  /** What it was. */
  readonly kind: "installed" | "updated" | "rolled-back" | "uninstalled" | "enabled" | "disabled";
  /** The extension's id. */
  readonly id: string;
  /** The version now; undefined after `uninstalled`. */
  readonly version: string | undefined;
  /** The version before; undefined after `installed`. */
  readonly previousVersion: string | undefined;
}

/** How far an installation is. */
export interface PackProgress {
  /** Bytes that are there, those from the cache included. */
  readonly loaded: number;
  /** Bytes of the pack. */
  readonly total: number;
  /** The file that came last. */
  readonly path: string;
}
