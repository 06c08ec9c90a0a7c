import type { BackboneConfig } from "../backbone/index.js";
import type { ExpertSet } from "../experts/index.js";
import type { ByteStore } from "./byte-store.js";
import type { PackProgress } from "./installed-pack.js";
import type { ExtensionCapabilities, ExtensionManifest } from "./manifest.js";
import type { FetchPackOptions } from "./pack-source.js";
import type { PackReplacement } from "./replacement.js";
import type { PackBase } from "./require-pack.js";
import type { SignatureOptions } from "./signature-policy.js";

/** How packs are kept, fetched and trusted. */
export interface PackOptions extends SignatureOptions, FetchPackOptions {
  /** Where packs are kept. In a page Cache Storage if it is allowed, else memory, if left out. */
  readonly store?: ByteStore;
  /**
   * The address of a package's folder on a server that unpacks npm's packages, with `{name}` and `{version}` in it, such as
   * `https://cdn.jsdelivr.net/npm/{name}@{version}/`. Without it an npm spec is refused.
   */
  readonly cdn?: string;
  /** Most bytes that one pack may have; 256 MiB if left out. */
  readonly maximumBytes?: number;
  /**
   * Asked before a pack takes the place of one that came from another address or npm package or was signed with another
   * key, or has other files than a version of that number had before: shows people both. Another address, package or key makes
   * it another extension, which inherits nothing. Left out, such a pack is refused.
   */
  readonly confirmReplacement?: (replacement: PackReplacement) => boolean | Promise<boolean>;
}

/** What must agree before a pack with code comes in, and forgets what one has left behind. */
export interface PackGate {
  /**
   * Asks for consent.
   *
   * @param granted - what people granted it before
   * @throws {@link LimpidError} `CapabilityMissing` if they say no
   */
  accept(manifest: ExtensionManifest, granted: ExtensionCapabilities): Promise<void>;
  /** Forgets what an extension remembers: it is uninstalled, or another takes its place. */
  forget(id: string): Promise<void>;
}

/** What an installation can be told. */
export interface InstallOptions {
  /** Gives up when it fires. What was downloaded is kept, and the next attempt goes on from there. */
  readonly signal?: AbortSignal;
  /** Told how the download goes. What it throws ends the installation. */
  readonly onProgress?: (progress: PackProgress) => void;
  /** The id that the pack must have, as for an update; any if left out. */
  readonly id?: string;
  /** Whether a version older than the installed one may take its place. */
  readonly allowOlder?: boolean;
  /**
   * Asked about a pack that fits, before more of it than its manifest is downloaded. What it throws, or rejects with, ends
   * the installation.
   */
  readonly accept?: (manifest: ExtensionManifest) => void | Promise<void>;
}

/** What {@link Packs} works on. */
export interface PacksContext {
  /** Where the packs' experts go; stays the caller's. */
  readonly experts: ExpertSet;
  readonly base: PackBase;
  readonly config: BackboneConfig;
}
