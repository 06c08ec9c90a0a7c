import { WebgpuDevice, WgslExecutor, type Precision } from "../../../../src/sdk/engine/index.js";
import type { Contestant, ContestantFiles } from "./contestant.js";
import { contestantOfExecutor } from "./executor.js";
import { readBenchModel } from "./model.js";

/** Limpid's fused WebGPU kernels. */
export async function openWgsl(precision: Precision, files: ContestantFiles): Promise<Contestant> {
  const model = await readBenchModel((path) => files.readModel(path));
  const device = await WebgpuDevice.acquire({ acceptSoftware: true });
  const executor = await WgslExecutor.prepare(device, model.base, model.config, { precision });
  return contestantOfExecutor(executor, model, device.gpu);
}
