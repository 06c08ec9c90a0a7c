import type { BackendName } from "../../../sdk/engine/index.js";
import type { LimpidErrorCode } from "../../../sdk/base/index.js";
import type { PixelImageInit } from "../../../sdk/image/index.js";
import type { InstalledPack, PackOptions, PackProgress } from "../../../sdk/packs/index.js";
import type {
  Analysis,
  BackendChange,
  RestoreOptions,
  RestoreProgress,
  RestoreResult,
} from "../../../sdk/restore/index.js";
import type { EngineState, InstallInWorkerOptions } from "./engine-state.js";

/** What the worker needs to start its engine. */
export interface WorkerStart {
  /** Address of the model's folder, absolute; or its files by path. */
  readonly model: string | ReadonlyMap<string, Uint8Array>;
  /** Where to compute. */
  readonly backend?: "auto" | BackendName;
  /** Folder of tfjs's `.wasm` files, absolute, with a slash at its end. */
  readonly wasmPath?: string;
  /** How packs are trusted. */
  readonly packs?: WorkerPackOptions;
  /** Most workers that restore tiles side by side. */
  readonly tileWorkers?: number;
}

/** What of {@link PackOptions} can be posted. */
export type WorkerPackOptions = Pick<PackOptions, "maximumBytes" | "signatures" | "trustedKeys">;

/** A call that can be posted: without its signal and its listener. */
export type PostedRestore = Omit<RestoreOptions, "signal" | "onProgress" | "mask"> & {
  readonly mask?: PixelImageInit;
};

/** From the page to the worker. */
export type ToWorker =
  | { readonly type: "start"; readonly options: WorkerStart }
  | {
      readonly type: "analyze";
      readonly call: number;
      readonly image: PixelImageInit;
      readonly windows: boolean;
    }
  | {
      readonly type: "restore";
      readonly call: number;
      readonly image: PixelImageInit;
      readonly options: PostedRestore;
      readonly hasProgress: boolean;
    }
  | {
      readonly type: "install";
      readonly call: number;
      /** Address of the pack's folder, absolute; or its files by path. */
      readonly source: string | ReadonlyMap<string, Uint8Array>;
      readonly options: Pick<InstallInWorkerOptions, "id" | "allowOlder">;
    }
  | { readonly type: "uninstall"; readonly call: number; readonly id: string }
  | { readonly type: "describe"; readonly call: number }
  | { readonly type: "abort"; readonly call: number }
  | { readonly type: "ping" };

/** From the worker to the page. */
export type FromWorker =
  | { readonly type: "ready"; readonly gpuProblem: string | undefined }
  | { readonly type: "started"; readonly backend: BackendName; readonly fallbackReason: string | undefined }
  | { readonly type: "failed"; readonly error: PostedError }
  | { readonly type: "changed"; readonly change: BackendChange }
  | { readonly type: "progress"; readonly call: number; readonly progress: PostedProgress }
  | { readonly type: "analyzed"; readonly call: number; readonly analysis: Analysis }
  | { readonly type: "restored"; readonly call: number; readonly result: PostedResult }
  | { readonly type: "installing"; readonly call: number; readonly progress: PackProgress }
  | {
      readonly type: "answered";
      readonly call: number;
      readonly value: InstalledPack | EngineState | undefined;
    }
  | { readonly type: "rejected"; readonly call: number; readonly error: PostedError }
  | { readonly type: "pong" };

/** Progress whose preview lost its class on the way. */
export type PostedProgress = Omit<RestoreProgress, "preview"> & { readonly preview: PixelImageInit };

/** A result whose image lost its class on the way. */
export type PostedResult = Omit<RestoreResult, "image"> & { readonly image: PixelImageInit };

/** An error on its way. */
export interface PostedError {
  /** The code, or undefined if it was no `LimpidError`. */
  readonly code: LimpidErrorCode | undefined;
  /** For people. */
  readonly message: string;
  /** The offending values that can be posted. */
  readonly details: Readonly<Record<string, unknown>>;
}
