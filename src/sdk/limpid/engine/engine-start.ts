import { LimpidError } from "../../base/index.js";
import { pageTileWorkers } from "../../engine/index.js";
import type { EngineOptions, ModelSource } from "../../restore/index.js";
import type { LimpidOptions } from "../options.js";
import { noAssets, openAssets, type AssetFolder } from "./asset-folder.js";
import type { PostedStart } from "./engine-methods.js";

/** What an engine starts with, every address absolute. */
export interface EngineStart {
  /** The model: its files, or the address of its folder. */
  readonly source: ModelSource | string;
  /** The folder of `limpid-assets`. */
  readonly assets: AssetFolder | undefined;
  /** Address of `limpid-worker.js`; undefined if nobody named one. */
  readonly script: string | undefined;
  /** What was said of the worker. */
  readonly worker: Exclude<NonNullable<LimpidOptions["worker"]>, boolean>;
  /** Whether the application starts tile workers by itself. */
  readonly hasOwnFactory: boolean;
  /** How to compute on this thread. */
  readonly options: EngineOptions;
  /** How to compute in a worker, which finds its own files. */
  readonly posted: PostedStart;
}

/**
 * Finds what an engine needs.
 *
 * @param options - of `createLimpid`
 * @throws {@link LimpidError} `AssetsMissing` if neither assets nor a model are named, or the folder is not what it should be
 */
export async function prepareStart(options: LimpidOptions): Promise<EngineStart> {
  const { model, backend, expertMemory, tileWorkers, signal } = options;
  const base = options.assets === undefined ? undefined : folderOf(options.assets);
  if (base === undefined && model === undefined) throw noAssets();
  const assets = base === undefined ? undefined : await openAssets(base, signal);
  const address = typeof model === "string" || model instanceof URL ? folderOf(model) : undefined;
  const source = address ?? (model as ModelSource | undefined) ?? assets!.model;
  const wasmPath = options.wasmPath === undefined ? undefined : absolute(options.wasmPath);
  const worker = typeof options.worker === "object" ? options.worker : {};
  const script = worker.script === undefined ? base && `${base}limpid-worker.js` : absolute(worker.script);
  const { factory, ...counts } = tileWorkers ?? {};
  const computing = {
    ...(backend && { backend }),
    ...(wasmPath !== undefined && { wasmPath }),
    ...(expertMemory !== undefined && { expertMemory }),
  };
  return {
    ...{ source, assets, script, worker, hasOwnFactory: factory !== undefined },
    options: {
      ...computing,
      ...(tileWorkers && { tileWorkers: { ...counts, factory: factory ?? ownTileWorkers(script) } }),
      ...(signal && { signal }),
    },
    posted: {
      ...computing,
      assets: base,
      model: address ?? (model === undefined ? undefined : null),
      modelName: typeof source === "string" ? source : source.name,
      ...(tileWorkers && { tileWorkers: counts }),
    },
  };
}

/** On this thread, tile workers of a page need the script, and those of Node their factory. */
function ownTileWorkers(script: string | undefined): ReturnType<typeof pageTileWorkers> {
  if (script !== undefined && typeof Worker === "function") return pageTileWorkers(script);
  throw new LimpidError(
    "InvalidArgument",
    "tileWorkers needs a `factory` here: `nodeTileWorkers()` of `limpid/node`, or `assets` in a page",
  );
}

function folderOf(address: string | URL): string {
  const text = absolute(address);
  return text.endsWith("/") ? text : `${text}/`;
}

/** Addresses are resolved on the page: a worker in a `data:` address has none of its own to start from. */
function absolute(address: string | URL): string {
  try {
    return new URL(address, globalThis.document?.baseURI ?? globalThis.location?.href).href;
  } catch (cause) {
    throw new LimpidError("InvalidArgument", `${String(address)} is no address`, { cause });
  }
}
