import { version as limpidVersion, type LimpidErrorCode } from "../base/index.js";
import type { BackendName } from "../engine/index.js";
import { describeThrown } from "../bridge/index.js";
import {
  ExtensionBisect,
  type Extension,
  type ExtensionActivation,
  type ExtensionState,
} from "../extensions/index.js";
import type { Packs } from "../packs/index.js";
import type { LimpidParts } from "./composed-limpid.js";

/** An extension in a {@link DiagnosticsReport}. */
export interface ExtensionReport {
  /** Such as `acme.limpid-descreen`. */
  readonly id: string;
  readonly version: string;
  /** Where it came from. */
  readonly source: string | undefined;
  /** What it is doing. */
  readonly state: ExtensionState;
  readonly hasCode: boolean;
  /** Names of the capabilities that it was granted. */
  readonly capabilities: readonly string[];
  /** How its code was started; undefined if it was not. */
  readonly activation: ExtensionActivation | undefined;
  /** Why it failed or cannot be enabled. */
  readonly error:
    | {
        /** The kind of failure. */
        readonly code: LimpidErrorCode;
        /** For people. */
        readonly message: string;
      }
    | undefined;
  /** Bytes of its files. */
  readonly bytes: number;
}

/** The state of one Limpid, for a bug report: plain data without pictures, settings' values or people's names. */
export interface DiagnosticsReport {
  /** Versions and what runs. */
  readonly limpid: {
    /** The version of Limpid. */
    readonly version: string;
    /** What it runs in. */
    readonly runtime: "page" | "worker" | "node";
    /** Whether it computes in a worker of its own. */
    readonly isInWorker: boolean;
    /** The backend that runs. */
    readonly backend: BackendName;
    /** Why a faster backend was passed over. */
    readonly fallbackReason: string | undefined;
    /** Bytes of device memory held between runs. */
    readonly deviceBytes: number;
  };
  readonly model: {
    /** Such as `limpid.compact`. */
    readonly id: string;
    readonly version: string;
    /** Ids of the experts that can be routed to. */
    readonly experts: readonly string[];
  };
  /** Where packs are kept. */
  readonly cache: {
    /** What they are kept in. */
    readonly kind: string;
    /** Why they are forgotten with the instance; undefined if they are not. */
    readonly fallbackReason: string | undefined;
    /** Bytes that they take. */
    readonly bytes: number;
  };
  /** Why settings are forgotten with the instance; undefined if they are not. */
  readonly settingsFailure: string | undefined;
  /** The installed extensions, by id. */
  readonly extensions: readonly ExtensionReport[];
  /** Installed packs that cannot be used. */
  readonly unusable: readonly {
    /** The extension's id. */
    readonly id: string;
    readonly code: LimpidErrorCode;
    readonly message: string;
  }[];
}

/** Says what is going on in one Limpid, and finds the extension that is at fault. */
export class Diagnostics {
  /** Finds the extension that causes a fault, by halves. */
  readonly bisect: ExtensionBisect;
  readonly #parts: LimpidParts;

  /** @internal Made with its Limpid. */
  constructor(parts: LimpidParts) {
    this.#parts = parts;
    this.bisect = new ExtensionBisect(parts.extensions);
  }

  /**
   * The state of everything now.
   *
   * @returns plain data, to be put into a bug report as JSON
   */
  async report(): Promise<DiagnosticsReport> {
    const { engine, packs, extensions, configuration } = this.#parts;
    const { backend, fallbackReason, byteSize: deviceBytes, isInWorker, experts } = engine;
    const { id, version } = engine.manifest;
    const { kind, fallbackReason: cacheReason } = packs.cache;
    const failure = configuration.storageFailure;
    return {
      limpid: {
        version: limpidVersion,
        runtime: runtime(),
        isInWorker,
        backend,
        fallbackReason,
        deviceBytes,
      },
      model: { id, version, experts: experts.list().map((expert) => expert.id) },
      cache: { kind, fallbackReason: cacheReason, bytes: await packs.cache.size() },
      settingsFailure: failure === undefined ? undefined : describeThrown(failure),
      extensions: extensions.list().map((extension) => describeExtension(extension, packs)),
      unusable: packs.unusable.map(({ id: unusable, error }) => ({
        id: unusable,
        code: error.code,
        message: error.message,
      })),
    };
  }
}

function describeExtension(
  { id, version, manifest, state, activation, error }: Extension,
  packs: Packs,
): ExtensionReport {
  const pack = packs.get(id);
  return {
    id,
    version,
    source: pack?.source,
    state,
    hasCode: manifest.browser !== undefined,
    capabilities: Object.keys(manifest.capabilities),
    activation,
    error: error && { code: error.code, message: error.message },
    bytes: [...(pack?.files.values() ?? [])].reduce((total, { size }) => total + size, 0),
  };
}

function runtime(): "page" | "worker" | "node" {
  if (typeof document !== "undefined") return "page";
  return typeof location === "undefined" ? "node" : "worker";
}
