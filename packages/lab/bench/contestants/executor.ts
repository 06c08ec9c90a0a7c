import type { Executor } from "../../../../src/sdk/engine/index.js";
import { makeEmbedding } from "../test-image.js";
import type { Contestant } from "./contestant.js";
import type { BenchModel } from "./model.js";

/**
 * One of Limpid's executors as a contestant.
 *
 * @param executor - the executor
 * @param model - the network that it runs
 * @param device - the GPU that it computes on, if it does
 */
export function contestantOfExecutor(executor: Executor, model: BenchModel, device?: GPUDevice): Contestant {
  const embedding = makeEmbedding(model.config.embeddingSize);
  const run = executor.begin([], embedding);
  let experts: ReturnType<BenchModel["readExperts"]> | undefined;
  return {
    restore: async (block) => (await run.restore(block)).rgb,
    async swap(weight) {
      experts ??= model.readExperts();
      const mixture = (await experts).map((expert) => ({ expert, weight }));
      executor.begin(mixture, embedding).dispose();
      await device?.queue.onSubmittedWorkDone();
    },
  };
}
