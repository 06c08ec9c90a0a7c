import { beforeAll, describe, expect, test } from "@jest/globals";
import { requireRouterRow } from "../../src/sdk/experts/index.js";
import { colorStatisticsSize } from "../../src/sdk/image/index.js";
import { loadModel, modelFromFiles, type LoadedModel } from "../../src/sdk/restore/index.js";
import { fitLogisticRegression, fitRouterRow, RandomSource } from "../../src/sdk/training/index.js";
import { HostTensor } from "../../src/sdk/weights/index.js";
import { makeTinyModel } from "../support/tiny-model.js";
import { makeTrainingSet, speckling, tinting } from "./training-suite.js";

describe("logistic regression", () => {
  test("finds the plane that the examples were drawn by, whatever the scale of a number", () => {
    const source = new RandomSource(1);
    const truth = [2, -1, 0];
    const scales = [1, 100, 0.01];
    const vectors: Float32Array[] = [];
    const labels: boolean[] = [];
    for (let example = 0; example < 3000; example++) {
      const values = source.normals(3);
      const logit = values.reduce((sum, value, index) => sum + truth[index]! * value, 0);
      vectors.push(values.map((value, index) => value * scales[index]! + 5 * scales[index]!));
      labels.push(source.chance(1 / (1 + Math.exp(-logit))));
    }
    const { weight, bias } = fitLogisticRegression(vectors, labels, 1e-6);
    [...weight].forEach((value, index) =>
      expect(Math.abs(value * scales[index]! - truth[index]!)).toBeLessThan(0.2),
    );
    expect(Math.abs(bias + 5 * (2 - 1))).toBeLessThan(1);
  });

  test("is at its minimum: no weight can be moved for the better", () => {
    const source = new RandomSource(2);
    const vectors = Array.from({ length: 40 }, () => source.normals(2));
    const labels = vectors.map((_, index) => index % 4 === 0);
    const penalty = 0.1;
    const cost = (weight: readonly number[], bias: number): number => {
      // On vectors that are standardised already but for rounding, the penalty is that of the weights themselves.
      const losses = vectors.map((vector, index) => {
        const logit = vector[0]! * weight[0]! + vector[1]! * weight[1]! + bias;
        return Math.log(1 + Math.exp(labels[index]! ? -logit : logit)) * (labels[index]! ? 0.05 : 0.5 / 30);
      });
      const deviations = [0, 1].map((axis) => {
        const mean = vectors.reduce((sum, vector) => sum + vector[axis]!, 0) / 40;
        return Math.sqrt(vectors.reduce((sum, vector) => sum + (vector[axis]! - mean) ** 2, 0) / 40);
      });
      const squares = weight.reduce((sum, value, axis) => sum + (value * deviations[axis]!) ** 2, 0);
      return losses.reduce((sum, loss) => sum + loss, 0) + (penalty * squares) / 2;
    };
    const { weight, bias } = fitLogisticRegression(vectors, labels, penalty);
    const best = cost([...weight], bias);
    for (const [first, second, offset] of [
      [0.01, 0, 0],
      [-0.01, 0, 0],
      [0, 0.01, 0],
      [0, -0.01, 0],
      [0, 0, 0.01],
      [0, 0, -0.01],
    ] as const) {
      expect(cost([weight[0]! + first, weight[1]! + second], bias + offset)).toBeGreaterThan(best);
    }
  });
});

describe("a router row", () => {
  let model: LoadedModel;

  beforeAll(async () => {
    model = await loadModel(modelFromFiles(makeTinyModel()));
  });

  test("sees the fault on held-out pictures, and little else", async () => {
    const progress: string[] = [];
    const { row, heldOut } = await fitRouterRow(model, makeTrainingSet(speckling), {
      degradation: "speckles",
      views: 60,
      heldOutViews: 20,
      onProgress: (done, total) => progress.push(`${done}/${total}`),
    });
    requireRouterRow(row, model.manifest.router.config.embeddingSize);
    expect(row.degradation).toBe("speckles");
    expect(row.threshold).toBeGreaterThanOrEqual(0.5);
    expect(heldOut.views).toBe(20);
    expect(heldOut.recall).toBeGreaterThan(0.8);
    expect(heldOut.falseAlarmsOnClean).toBeLessThan(0.2);
    expect([progress.length, progress.at(-1)]).toEqual([80, "80/80"]);
  });

  test("sees in the colours what the embedding lacks, and needs no colours where it lacks nothing", async () => {
    // A router whose encoders see nothing: all embeddings are one.
    const isFirst = (name: string): boolean => name.endsWith("_encoder.layers.0.weight");
    const tensors = [...model.router.tensors].map(([name, tensor]): [string, HostTensor] => {
      if (!isFirst(name)) return [name, tensor];
      const zeros = new Float32Array(tensor.toFloat32().length);
      return [name, HostTensor.fromFloat32(tensor.shape, zeros, "F16")];
    });
    expect(tensors.filter(([name]) => isFirst(name))).toHaveLength(2);
    const blind = { ...model, router: { ...model.router, tensors: new Map(tensors) } };
    const options = { degradation: "tinted", views: 60, heldOutViews: 20 };
    const tinted = await fitRouterRow(blind, makeTrainingSet(tinting), options);
    requireRouterRow(tinted.row, model.manifest.router.config.embeddingSize);
    expect(tinted.row.colorWeight).toHaveLength(colorStatisticsSize);
    expect(tinted.heldOut.recall).toBeGreaterThan(0.8);
    expect(tinted.heldOut.falseAlarmsOnClean).toBeLessThan(0.2);
    const speckled = await fitRouterRow(model, makeTrainingSet(speckling), options);
    expect(speckled.row.colorWeight).toBeUndefined();
    expect(speckled.heldOut.recall).toBeGreaterThan(0.8);
  });

  test("stops at a signal", async () => {
    const run = fitRouterRow(model, makeTrainingSet(), {
      degradation: "dark",
      signal: AbortSignal.abort(),
    });
    await expect(run).rejects.toMatchObject({ code: "Aborted" });
    const few = fitRouterRow(model, makeTrainingSet(), { degradation: "dark", views: 1 });
    await expect(few).rejects.toMatchObject({ code: "InvalidArgument" });
  });
});
