import { WasmExecutor } from "../../../../src/sdk/engine/index.js";
import type { Contestant, ContestantFiles } from "./contestant.js";
import { contestantOfExecutor } from "./executor.js";
import { readBenchModel } from "./model.js";

/** Limpid's backbone in fused WebAssembly kernels. */
export async function openWasm(files: ContestantFiles): Promise<Contestant> {
  const model = await readBenchModel((path) => files.readModel(path));
  return contestantOfExecutor(await WasmExecutor.prepare(model.base, model.config), model);
}
