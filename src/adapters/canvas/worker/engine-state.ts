import type { LimpidErrorCode } from "../../../sdk/base/index.js";
import type { BackendName } from "../../../sdk/engine/index.js";
import type { InstalledExpert } from "../../../sdk/experts/index.js";
import type { Limpid } from "../../../sdk/limpid/index.js";
import type { InstalledPack, InstallOptions } from "../../../sdk/packs/index.js";

/** What an installation in a worker can be told. */
export type InstallInWorkerOptions = Omit<InstallOptions, "accept">;

/** What a {@link WorkerLimpid} has: a copy, as it was when it was asked for. */
export interface EngineState {
  /** The model. */
  readonly model: Limpid["model"];
  /** The experts, in the order of their installation, without their factors. */
  readonly experts: readonly Pick<InstalledExpert, "id" | "degradations" | "strength" | "owner">[];
  /** The packs that are installed and fit. */
  readonly packs: readonly InstalledPack[];
  /** The packs that are kept and cannot be used, with the reason. */
  readonly unusablePacks: readonly {
    /** The extension's id. */
    readonly id: string;
    /** The kind of failure. */
    readonly code: LimpidErrorCode;
    /** For people. */
    readonly message: string;
  }[];
  /** Why packs last no longer than the worker; undefined if they are kept. */
  readonly packsAreLost: string | undefined;
  /** The backend that runs. */
  readonly backend: BackendName;
  /** Bytes of device memory held between runs. */
  readonly byteSize: number;
}

/** The state of an engine, wherever it runs. */
export function describeEngine(limpid: Limpid): EngineState {
  return {
    model: { ...limpid.model },
    experts: limpid.experts
      .list()
      .map(({ id, degradations, strength, owner }) => ({ id, degradations, strength, owner })),
    packs: limpid.packs.list(),
    unusablePacks: limpid.packs.unusable.map(({ id, error: { code, message } }) => ({ id, code, message })),
    packsAreLost: limpid.packs.cache.fallbackReason,
    backend: limpid.backend,
    byteSize: limpid.byteSize,
  };
}
