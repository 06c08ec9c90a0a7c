import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import * as tf from "@tensorflow/tfjs-core";
import type { NodeBackendName } from "../../src/node/index.js";
import { BackboneWeights, runBackbone, toDeviceLayout, deviceShape } from "../../src/sdk/backbone/index.js";
import {
  Expert,
  factorShapes,
  FactorStore,
  listExpertTargets,
  lowRankDelta,
  mergeExperts,
  type ExpertTarget,
} from "../../src/sdk/experts/index.js";
import { compactConfig, difference, randomArray, randomWeights } from "../backbone/networks.js";
import { expectNoLeaks, useBackend } from "../support/index.js";
import { randomExpertFile } from "./expert-files.js";

/** Experts may change every kind of kernel here, so that each is tested. */
const config = { ...compactConfig, expertTargets: "all" } as const;

/** reshape(B A, weight.shape) in plain loops, in PyTorch's layout. */
function deltaByDefinition(
  { shape }: ExpertTarget,
  a: Float32Array,
  b: Float32Array,
  inner: number,
): Float32Array {
  const rows = b.length / inner;
  const columns = a.length / inner;
  const delta = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += b[row * inner + k]! * a[k * columns + column]!;
      delta[row * columns + column] = sum;
    }
  }
  expect(delta.length).toBe(shape.reduce((product, size) => product * size, 1));
  return delta;
}

/** What merging promises on every backend. */
export function describeMerging(backend: NodeBackendName): void {
  describe(`merging experts on ${backend}`, () => {
    let base: BackboneWeights;
    let experts: Expert[];
    beforeAll(async () => {
      await useBackend(backend);
      base = BackboneWeights.fromTensorFile(randomWeights(config), config);
      experts = [50, 500].map((seed, index) =>
        Expert.fromTensorFile(
          randomExpertFile(config, base.sha256, { seed, rank: 2 + index, alpha: 3, id: `test.${index}` }),
          config,
        ),
      );
    });
    afterAll(() => {
      base.dispose();
    });

    test("computes the published delta for every kind of kernel", async () => {
      const kinds = new Set<string>();
      for (const target of listExpertTargets(config)) {
        const kind = `${target.kind} ${target.shape[2]}`;
        if (kinds.has(kind)) continue;
        kinds.add(kind);
        const shapes = factorShapes(target, 3);
        const a = randomArray(shapes.a[0] * shapes.a[1], 60);
        const b = randomArray(shapes.b[0] * shapes.b[1], 61);
        const expected = toDeviceLayout(target, deltaByDefinition(target, a, b, shapes.a[0]));
        await expectNoLeaks(async () => {
          const factors = [tf.tensor2d(a, [...shapes.a]), tf.tensor2d(b, [...shapes.b])] as const;
          const delta = lowRankDelta(target, ...factors);
          expect(await difference(delta, tf.tensor(expected, deviceShape(target)))).toBeLessThan(1e-5);
          tf.dispose([...factors]);
        });
      }
      expect([...kinds].sort()).toEqual([
        "convolution 1",
        "convolution 2",
        "convolution 3",
        "depthwise 3",
        "upsampling 1",
      ]);
    });

    test("equals mixing the changes of each expert alone", async () => {
      await expectNoLeaks(async () => {
        const weights = [0.7, -0.2];
        const merged = mergeExperts(
          base,
          experts.map((expert, index) => ({ expert, weight: weights[index]! })),
        );
        const alone = experts.map((expert) => mergeExperts(base, [{ expert, weight: 1 }]));
        for (const { parameter } of listExpertTargets(config)) {
          const mixed = tf.tidy(() =>
            tf.addN([
              base.get(parameter),
              ...alone.map((one, index) =>
                tf.mul(tf.sub(one.get(parameter), base.get(parameter)), weights[index]!),
              ),
            ]),
          );
          expect(await difference(tf.clone(merged.get(parameter)), mixed)).toBeLessThan(2e-6);
        }
        for (const weights of [merged, ...alone]) weights.dispose();
      });
    });

    test("leaves the base as it was, bit for bit, and makes only what experts change", async () => {
      const names = listExpertTargets(config).map(({ parameter }) => parameter);
      const read = (): Promise<Float32Array[]> =>
        Promise.all(names.map(async (name) => (await base.get(name).data<"float32">()).slice()));
      const before = await read();
      const merged = mergeExperts(base, [{ expert: experts[0]!, weight: 0.5 }]);
      const elements = names.reduce((sum, name) => sum + base.get(name).size, 0);
      expect(merged.byteSize).toBe(4 * elements);
      expect(merged.get("intro.conv.bias")).toBe(base.get("intro.conv.bias"));
      expect(merged.get("intro.conv.weight")).not.toBe(base.get("intro.conv.weight"));
      merged.dispose();
      merged.dispose();
      expect(merged.byteSize).toBe(0);
      expect(() => merged.get("intro.conv.bias")).toThrow(expect.objectContaining({ code: "Disposed" }));
      expect(await read()).toEqual(before);
    });

    test("changes what the network computes", async () => {
      await expectNoLeaks(async () => {
        const image = tf.tensor4d(randomArray(8 * 8 * 3, 62), [1, 8, 8, 3]);
        const embedding = tf.tensor2d(randomArray(config.embeddingSize, 63), [1, config.embeddingSize]);
        const merged = mergeExperts(base, [{ expert: experts[1]!, weight: 1 }]);
        const [plain, changed] = [runBackbone(base, image, embedding), runBackbone(merged, image, embedding)];
        expect(await difference(plain, changed)).toBeGreaterThan(1e-3);
        merged.dispose();
        tf.dispose([image, embedding]);
      });
    });

    test("leaves experts of weight 0 out", async () => {
      await expectNoLeaks(() => {
        const merged = mergeExperts(base, [{ expert: experts[0]!, weight: 0 }]);
        expect(merged.byteSize).toBe(0);
        expect(merged.get("intro.conv.weight")).toBe(base.get("intro.conv.weight"));
        merged.dispose();
      });
    });

    test("uploads an expert once into a store", async () => {
      await expectNoLeaks(async () => {
        const store = new FactorStore();
        const mixture = [{ expert: experts[0]!, weight: 1 }];
        const first = mergeExperts(base, mixture, { store });
        const size = store.byteSize;
        expect(size).toBe(2 * experts[0]!.byteSize); // from half to single floats
        const second = mergeExperts(base, mixture, { store });
        expect(store.byteSize).toBe(size);
        for (const { parameter } of listExpertTargets(config)) {
          expect(await difference(tf.clone(first.get(parameter)), tf.clone(second.get(parameter)))).toBe(0);
        }
        first.dispose();
        second.dispose();
        store.evict(experts[1]!);
        expect(store.byteSize).toBe(size);
        store.evict(experts[0]!);
        expect(store.byteSize).toBe(0);
        store.dispose();
      });
    });

    test("refuses another base's expert and a weight that is no number, and leaves nothing behind", async () => {
      await expectNoLeaks(() => {
        const stranger = Expert.fromTensorFile(randomExpertFile(config), config);
        const mixture = [
          { expert: experts[0]!, weight: 1 },
          { expert: stranger, weight: 1 },
        ];
        expect(() => mergeExperts(base, mixture)).toThrow(
          expect.objectContaining({ code: "ExpertMismatch" }),
        );
        expect(() => mergeExperts(base, [{ expert: experts[0]!, weight: Number.NaN }])).toThrow(
          "the weight of expert test.0 is NaN",
        );
        const other = Expert.fromTensorFile(randomExpertFile({ ...config, width: 8 }, base.sha256), {
          ...config,
          width: 8,
        });
        expect(() => mergeExperts(base, [{ expert: other, weight: 1 }])).toThrow(
          /^expert limpid\.derain changes layers that this network does not have in that shape: .*ending$/,
        );
      });
    });

    test("outlives a tidy around it", async () => {
      await expectNoLeaks(() => {
        let merged: ReturnType<typeof mergeExperts> | undefined;
        tf.tidy(() => {
          merged = mergeExperts(base, [{ expert: experts[0]!, weight: 1 }]);
        });
        expect(merged!.get("intro.conv.weight").isDisposed).toBe(false);
        merged!.dispose();
      });
    });
  });
}
