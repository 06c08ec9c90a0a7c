import type { BackendName, TileWorkerOptions } from "../engine/index.js";
import type { ExtensionOptions, KeyValueStorage } from "../extensions/index.js";
import type { EditorHost } from "../host/index.js";
import type { PackOptions } from "../packs/index.js";
import type { BackendChange, ModelSource } from "../restore/index.js";

/** What {@link createLimpid} needs. */
export interface LimpidOptions {
  /** The model: a source, or the URL of the folder that holds its `model.json`. */
  readonly model: ModelSource | string | URL;
  /** Where to compute; `"auto"`, the default, is WebGPU on a real GPU and else WebAssembly. */
  readonly backend?: "auto" | BackendName;
  /** Folder, with a slash at its end, from which a page loads tfjs's `.wasm` files. */
  readonly wasmPath?: string;
  /**
   * Device memory that experts may take between runs, in bytes; 64 MiB if left out. The least recently used are let go of
   * first, pinned ones never.
   */
  readonly expertMemory?: number;
  /**
   * Workers that restore an image's tiles side by side, on WebAssembly, with the same result; none if left out, so that all is
   * computed on the thread that calls. One that fails is told to `onBackendChange`, and its tile is restored elsewhere.
   */
  readonly tileWorkers?: TileWorkerOptions;
  /** How packs are kept, fetched and trusted. */
  readonly packs?: PackOptions;
  /** How extensions run. */
  readonly extensions?: ExtensionOptions;
  /** Where settings and the state of extensions are kept; as long as the instance lives, if left out. */
  readonly storage?: KeyValueStorage;
  /**
   * The editor that Limpid runs in, for the command `limpid.restore` and for extensions that see pictures. It stays the
   * caller's.
   */
  readonly host?: EditorHost;
  /** Told of every change of backend, those during the start included. */
  readonly onBackendChange?: (change: BackendChange) => void;
  /** Gives up the start when it fires. */
  readonly signal?: AbortSignal;
}
