import type { AssetFolder } from "./asset-folder.js";

/** Where tfjs's `.wasm` files are, and what checks one before it is loaded. */
export interface WasmFiles {
  /** Their folder, with a slash at its end. */
  readonly wasmPath?: string;
  readonly checkWasm?: (file: string) => Promise<unknown>;
}

/** Where a session finds WebAssembly: where the application says, else in the assets. */
export function wasmOf(wasmPath: string | undefined, assets: AssetFolder | undefined): WasmFiles {
  if (wasmPath !== undefined) return { wasmPath };
  if (assets === undefined) return {};
  return { wasmPath: assets.wasmPath, checkWasm: (file) => assets.check(`wasm/${file}`) };
}
