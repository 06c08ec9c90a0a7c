import type { SessionOptions } from "../../restore/index.js";
import type { AssetFolder } from "./asset-folder.js";

/** Where a session finds WebAssembly: where the application says, else in the assets. */
export function wasmOf(
  wasmPath: string | undefined,
  assets: AssetFolder | undefined,
): Pick<SessionOptions, "wasmPath" | "checkWasm"> {
  if (wasmPath !== undefined) return { wasmPath };
  if (assets === undefined) return {};
  return { wasmPath: assets.wasmPath, checkWasm: (file) => assets.check(`wasm/${file}`) };
}
