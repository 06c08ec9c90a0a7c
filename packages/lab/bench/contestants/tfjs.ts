import { TfjsBackend, TfjsExecutor } from "../../../../src/sdk/engine/index.js";
import type { Contestant, ContestantFiles } from "./contestant.js";
import { contestantOfExecutor } from "./executor.js";
import { readBenchModel } from "./model.js";

/** Limpid's backbone in tfjs's own operations. */
export async function openTfjs(name: "webgpu" | "wasm", files: ContestantFiles): Promise<Contestant> {
  const model = await readBenchModel((path) => files.readModel(path));
  const { wasmPath } = files;
  const backend = await TfjsBackend.start(name, wasmPath === undefined ? {} : { wasmPath });
  return contestantOfExecutor(
    new TfjsExecutor(backend, model.base, model.config),
    model,
    backend.device?.gpu,
  );
}
