import { expect, test } from "@jest/globals";
import { TfjsBackend, type BackendName } from "../../src/sdk/engine/index.js";
import { loadModel, modelFromFiles } from "../../src/sdk/restore/index.js";
import { ExpertTrainer } from "../../src/sdk/training/index.js";
import { expectNoLeaks } from "../support/index.js";
import { makeTinyModel } from "../support/tiny-model.js";
import { makeTrainingSet } from "./training-suite.js";

/** The losses of two steps. */
async function lossesOn(name: BackendName): Promise<readonly number[]> {
  const backend = await TfjsBackend.start(name);
  const model = await loadModel(modelFromFiles(makeTinyModel()));
  const trainer = await ExpertTrainer.create(backend, model, makeTrainingSet(), {
    id: "test.lighten",
    degradation: "dark",
    steps: 2,
    patchSize: 8,
    batchSize: 2,
    heldOutViews: 1,
  });
  const { losses } = await trainer.train();
  trainer.dispose();
  backend.dispose();
  return losses;
}

test("a training takes the same course on webgpu as on wasm, and leaves nothing behind", async () => {
  const expected = await lossesOn("wasm");
  await expectNoLeaks(async () => {
    const losses = await lossesOn("webgpu");
    losses.forEach((loss, step) => expect(loss).toBeCloseTo(expected[step]!, 2));
  });
});
