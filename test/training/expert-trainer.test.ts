import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import * as tf from "@tensorflow/tfjs-core";
import { LimpidError } from "../../src/sdk/base/index.js";
import { TfjsBackend } from "../../src/sdk/engine/index.js";
import type { Expert } from "../../src/sdk/experts/index.js";
import { loadModel, modelFromFiles, type LoadedModel } from "../../src/sdk/restore/index.js";
import { ExpertTrainer, TrainingSet, type ExpertTrainingOptions } from "../../src/sdk/training/index.js";
import { expectNoLeaks } from "../support/index.js";
import { makeTinyModel } from "../support/tiny-model.js";
import { darkening, makePhotos, makeTrainingSet } from "./training-suite.js";

const options: ExpertTrainingOptions = {
  id: "test.lighten",
  degradation: "dark",
  rank: 2,
  steps: 4,
  patchSize: 8,
  batchSize: 2,
  evaluateEvery: 2,
  heldOutViews: 2,
};

/** Every number of an expert. */
function numbersOf({ factors }: Expert): number[] {
  return [...factors.values()].flatMap(({ a, b }) => [...a.toFloat32(), ...b.toFloat32()]);
}

async function codeOf(run: Promise<unknown>): Promise<string> {
  const error: unknown = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (LimpidError.is(error)) return error.code;
  throw new Error(`no LimpidError but ${String(error)}`);
}

describe.each(["cpu", "wasm"] as const)("the trainer on %s", (name) => {
  let backend: TfjsBackend;
  let model: LoadedModel;
  const create = (changes: Partial<ExpertTrainingOptions> = {}): Promise<ExpertTrainer> =>
    ExpertTrainer.create(backend, model, makeTrainingSet(), { ...options, ...changes });

  beforeAll(async () => {
    tf.enableProdMode(); // without tfjs's advice to install its native addon
    backend = await TfjsBackend.start(name);
    model = await loadModel(modelFromFiles(makeTinyModel()));
  });

  afterAll(() => {
    backend.dispose();
  });

  test("goes on from its state bit for bit, in another trainer, after an abort", async () => {
    const whole = await create();
    const expected = await whole.train();
    const control = new AbortController();
    const first = await create();
    const aborted = first.train({
      signal: control.signal,
      onProgress: ({ step }) => {
        if (step === 3) control.abort();
      },
    });
    expect(await codeOf(aborted)).toBe("Aborted");
    expect(first.step).toBe(3);
    const state = first.saveState();
    const second = await create();
    second.loadState(state);
    const actual = await second.train();
    expect(numbersOf(actual.expert)).toEqual(numbersOf(expected.expert));
    expect(actual.losses).toEqual(expected.losses);
    expect(actual.evaluations).toEqual(expected.evaluations);
    for (const trainer of [whole, first, second]) trainer.dispose();
  });

  test("leaves nothing behind, aborted or not", async () => {
    await expectNoLeaks(async () => {
      const trainer = await create({ steps: 2 });
      await trainer.train();
      trainer.dispose();
    });
    await expectNoLeaks(async () => {
      const trainer = await create({ steps: 1000 });
      const control = new AbortController();
      const run = trainer.train({ signal: control.signal });
      setTimeout(() => control.abort(), 10);
      expect(await codeOf(run)).toBe("Aborted");
      trainer.dispose();
    });
  });
});

describe("the trainer", () => {
  let backend: TfjsBackend;
  let model: LoadedModel;

  beforeAll(async () => {
    backend = await TfjsBackend.start("wasm");
    model = await loadModel(modelFromFiles(makeTinyModel()));
  });

  afterAll(() => {
    backend.dispose();
  });

  test("makes an expert that restores held-out pictures better than the backbone", async () => {
    const trainer = await ExpertTrainer.create(backend, model, makeTrainingSet(), {
      ...options,
      steps: 20,
      evaluateEvery: 10,
      learningRate: 0.03,
    });
    const steps: number[] = [];
    const { expert, heldOut, losses, evaluations, endedEarly } = await trainer.train({
      onProgress: ({ step, loss, heldOut: { backbone } }) => {
        steps.push(step);
        expect([Number.isFinite(loss), Number.isFinite(backbone)]).toEqual([true, true]);
      },
    });
    trainer.dispose();
    expect(steps).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(evaluations.map(({ step }) => step)).toEqual([0, 10, 20]);
    expect(heldOut.backbone).toBe(evaluations[0]?.psnr);
    expect(heldOut.best).toBeGreaterThan(heldOut.backbone + 1);
    expect(losses.slice(-5).every((loss) => loss < losses[0]!)).toBe(true);
    expect(endedEarly).toBe(false);
    expect(expert).toMatchObject({ id: "test.lighten", rank: 2, alpha: 4, degradations: ["dark"] });
    expert.requireBase(model.manifest.backbone.tensorSha256);
  });

  test("draws everything from the seed", async () => {
    const lossesOf = async (seed: number): Promise<readonly number[]> => {
      const trainer = await ExpertTrainer.create(backend, model, makeTrainingSet(), {
        ...options,
        seed,
        steps: 2,
      });
      const { losses } = await trainer.train();
      trainer.dispose();
      return losses;
    };
    const first = await lossesOf(1);
    expect(await lossesOf(1)).toEqual(first);
    expect(await lossesOf(2)).not.toEqual(first);
  });

  test("ends early when nothing is gained, with the expert of its best look", async () => {
    const set = TrainingSet.fromPairs(
      makePhotos(3).map(({ name, image }) => ({ name, before: image, after: image })),
    );
    const trainer = await ExpertTrainer.create(backend, model, set, {
      ...options,
      steps: 200,
      evaluateEvery: 1,
      patience: 2,
      learningRate: 1e-9,
    });
    const { endedEarly, losses, heldOut } = await trainer.train();
    expect(endedEarly).toBe(true);
    expect(losses).toHaveLength(2);
    expect(heldOut.best).toBeGreaterThanOrEqual(heldOut.backbone);
    trainer.dispose();
  });

  test("refuses a state of another training, and what is no state", async () => {
    const first = await ExpertTrainer.create(backend, model, makeTrainingSet(), options);
    const second = await ExpertTrainer.create(backend, model, makeTrainingSet(), { ...options, seed: 2 });
    const load = (bytes: Uint8Array) => Promise.resolve().then(() => second.loadState(bytes));
    expect(await codeOf(load(first.saveState()))).toBe("InvalidArgument");
    expect(await codeOf(load(Uint8Array.of(1, 2, 3)))).toBe("InvalidTensorFile");
    first.dispose();
    second.dispose();
    expect(await codeOf(first.train())).toBe("Disposed");
  });

  test.each([
    [{ rank: 0 }, "rank"],
    [{ steps: 1.5 }, "steps"],
    [{ patchSize: 9 }, "patchSize"],
    [{ alpha: 0 }, "alpha"],
    [{ averageDecay: 1 }, "averageDecay"],
    [{ seed: -1 }, "seed"],
    [{ id: "" }, "id"],
    [{ patchSize: 64 }, "cannot be cut"],
  ])("refuses %j", async (change, word) => {
    const create = ExpertTrainer.create(backend, model, makeTrainingSet(), { ...options, ...change });
    await expect(create).rejects.toMatchObject({ code: "InvalidArgument" });
    await expect(create).rejects.toThrow(word);
  });

  test("says which recipe returns no picture, and keeps the memory", async () => {
    const broken = { ...darkening, apply: () => ({ width: 1, height: 1, rgb: new Float32Array(3) }) };
    await expectNoLeaks(async () => {
      const set = TrainingSet.fromPhotos(makePhotos(2), broken);
      const trainer = await ExpertTrainer.create(backend, model, set, options);
      await expect(trainer.train()).rejects.toMatchObject({ code: "InvalidArgument" });
      trainer.dispose();
    });
    expect(tf.engine().state.gradientDepth).toBe(0);
  });
});
