import type { BackendName, TileWorkerOptions } from "../../engine/index.js";
import type { ExpertFactors, ExpertInit, ExpertOptions } from "../../experts/index.js";
import type { PixelImageInit } from "../../image/index.js";
import type {
  Analysis,
  AnalyzeOptions,
  BackendChange,
  ModelManifest,
  RestoreOptions,
  RestoreProgress,
  RestoreResult,
} from "../../restore/index.js";
import type { TensorType } from "../../weights/index.js";

/** What a page asks of the engine in its worker. */
export interface EngineMethods {
  /** Whether the worker is there, and what it is. */
  hello(_: undefined): WorkerGreeting;
  /** Reads the model and starts a backend. */
  open(options: PostedStart): OpenedEngine;
  /** Says which experts are installed from now on. */
  setExperts(experts: PostedExperts): void;
  /** As `Limpid.analyze`. */
  analyze(call: PostedAnalyze, progress: Pick<RestoreProgress, "fraction">): Analysis;
  /** As `Limpid.restore`. */
  restore(call: PostedRestore, progress: PostedProgress): PostedResult;
}

/** What the engine in a worker asks and tells its page. */
export interface PageMethods {
  /** Reads a file of a model that the page has. */
  readModel(file: { readonly path: string; readonly size: number | undefined }): Uint8Array;
  /** The backend has changed. */
  changeBackend(change: BackendChange): void;
  /** What may have changed with a run. */
  setState(state: EngineState): void;
}

/** What a worker says first. */
export interface WorkerGreeting {
  /** The version of Limpid that its script is of. */
  readonly version: string;
  /** Why WebGPU cannot be had in the worker; undefined if it can. */
  readonly gpuProblem: string | undefined;
}

/** What an engine in a worker needs to start. */
export interface PostedStart {
  /** Folder of `limpid-assets`, absolute; undefined if model and WebAssembly come from elsewhere. */
  readonly assets: string | undefined;
  /** Folder of the model, absolute; undefined for that of the assets; null if the page reads it. */
  readonly model: string | undefined | null;
  /** Name of a model that the page reads. */
  readonly modelName: string;
  readonly backend?: "auto" | BackendName;
  /** Folder of tfjs's `.wasm` files, absolute; that of the assets if left out. */
  readonly wasmPath?: string;
  /** Device memory that experts may take between runs, in bytes. */
  readonly expertMemory?: number;
  /** The workers that the worker starts. */
  readonly tileWorkers?: Omit<TileWorkerOptions, "factory">;
}

/** An engine that runs. */
export interface OpenedEngine extends EngineState {
  readonly manifest: ModelManifest;
  /** The experts that ship with it: the worker knows each by its place in this list. */
  readonly experts: readonly PostedExpertEntry[];
  /** Why faster backends were passed over. */
  readonly fallbackReasons: readonly string[];
}

/** What a page can ask an engine without waiting. */
export interface EngineState {
  readonly backend: BackendName;
  /** Bytes of device memory held between runs. */
  readonly byteSize: number;
}

/** An expert whose classes were lost on the way. */
export interface PostedExpert extends Omit<ExpertInit, "factors"> {
  readonly factors: readonly PostedFactors[];
}

/** Factors whose classes were lost on the way. */
export type PostedFactors = Omit<ExpertFactors, "a" | "b"> & {
  readonly a: PostedTensor;
  readonly b: PostedTensor;
};

/** A tensor whose class was lost on the way. */
export interface PostedTensor {
  readonly dtype: TensorType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** How an expert takes part, and the expert. */
export interface PostedExpertEntry extends ExpertOptions {
  readonly expert: PostedExpert;
}

/** The experts that are installed, in their order. */
export interface PostedExperts {
  /** Each is known to the worker by its key. */
  readonly entries: readonly (ExpertOptions & { readonly key: number })[];
  /** Those that the worker has not met, by key. */
  readonly fresh: ReadonlyMap<number, PostedExpert>;
  readonly pinned: readonly string[];
}

/** A call that can be posted: without its signal and its listener. */
export interface PostedAnalyze extends Omit<AnalyzeOptions, "signal" | "onProgress"> {
  readonly image: PixelImageInit;
  /** Whether anybody listens to progress. */
  readonly hasProgress: boolean;
}

/** A call that can be posted: without its signal and its listener. */
export interface PostedRestore {
  readonly image: PixelImageInit;
  readonly options: Omit<RestoreOptions, "signal" | "onProgress" | "mask"> & {
    readonly mask?: PixelImageInit;
  };
  readonly hasProgress: boolean;
}

/** Progress whose preview lost its class on the way. */
export type PostedProgress = Omit<RestoreProgress, "preview"> & { readonly preview?: PixelImageInit };

/** A result whose image lost its class on the way. */
export type PostedResult = Omit<RestoreResult, "image"> & { readonly image: PixelImageInit };
