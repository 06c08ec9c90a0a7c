import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import * as tf from "@tensorflow/tfjs-core";
import {
  BackboneWeights,
  globalPooling,
  recordedPooling,
  recordingPooling,
  runBackbone,
  type BackboneConfig,
} from "../../src/sdk/backbone/index.js";
import { TfjsBackend, type Executor, type PixelBlock } from "../../src/sdk/engine/index.js";
import {
  Expert,
  factorShapes,
  listExpertTargets,
  mergeExperts,
  type MixtureEntry,
} from "../../src/sdk/experts/index.js";
import { HostTensor, tensorBytesSha256, type TensorFile } from "../../src/sdk/weights/index.js";
import { compactConfig, randomArray, randomWeights } from "../backbone/networks.js";

/** What an executor is made from, and how exact it is. */
export interface ExecutorSubject {
  /** What the tests are called. */
  readonly name: string;
  /** Starts the backend. */
  readonly start: () => Promise<TfjsBackend>;
  /** Makes the executor. */
  readonly make: (backend: TfjsBackend, file: TensorFile, config: BackboneConfig) => Promise<Executor>;
  /** The backend of tfjs whose results are the reference: another one than the executor's. */
  readonly reference: "cpu" | "wasm";
  /** How far a number of its results may be from the reference. */
  readonly tolerance: number;
  /** The networks; one, the compact one, if left out. */
  readonly configs?: readonly BackboneConfig[];
}

/** A block of random pixels. */
export function randomBlock(width: number, height: number, seed: number): PixelBlock {
  return { width, height, rgb: randomArray(width * height * 3, seed).map((value) => value / 2 + 0.5) };
}

/** An expert with random factors for every target that it may have, or for some. */
export function randomExpert(
  config: BackboneConfig,
  sha256: string,
  seed: number,
  isTarget: (path: string) => boolean = () => true,
): Expert {
  const rank = 2;
  const factors = listExpertTargets(config)
    .filter(({ path }) => isTarget(path))
    .map((target, index) => {
      const shapes = factorShapes(target, rank);
      const tensor = (shape: readonly [number, number], part: number): HostTensor =>
        HostTensor.fromFloat32(
          shape,
          randomArray(shape[0] * shape[1], seed * 1000 + index * 2 + part).map((value) => value * 0.4),
        );
      return { target, a: tensor(shapes.a, 0), b: tensor(shapes.b, 1) };
    });
  return new Expert({
    id: `test.${seed}`,
    base: { id: "test", sha256 },
    rank,
    alpha: 3,
    degradations: [],
    factors,
  });
}

/** What every executor promises, compared with tfjs's forward pass. */
export function describeExecutor({
  name,
  start,
  make,
  reference: referenceName,
  tolerance,
  configs,
}: ExecutorSubject): void {
  describe.each(configs ?? [compactConfig])(`${name}, network %#`, (config) => {
    const file = randomWeights(config);
    const sha256 = tensorBytesSha256(file);
    const embedding = randomArray(config.embeddingSize, 5);
    let backend: TfjsBackend;
    let plain: TfjsBackend;
    let weights: BackboneWeights;
    let executor: Executor;
    beforeAll(async () => {
      backend = await start();
      plain = await TfjsBackend.start(referenceName);
      weights = plain.run(() => BackboneWeights.fromTensorFile(file, config));
      executor = await make(backend, file, config);
    });
    afterAll(() => {
      executor.dispose();
      plain.run(() => weights.dispose());
      plain.dispose();
      backend.dispose();
    });

    /** The reference, with the statistics of some blocks if there are any. */
    async function reference(
      block: PixelBlock,
      mixture: readonly MixtureEntry[] = [],
      measured: readonly PixelBlock[] = [],
    ): Promise<Float32Array> {
      const { width, height } = block;
      const output = plain.run(() =>
        tf.tidy(() => {
          const merged = mergeExperts(weights, mixture);
          const code = tf.tensor2d(embedding, [1, embedding.length]);
          const statistics = new Map<string, tf.Tensor4D>();
          const [first] = measured;
          if (first !== undefined) {
            const batch: tf.Tensor4D = tf.concat(
              measured.map(({ rgb }) => tf.tensor4d(rgb, [1, first.height, first.width, 3])),
            );
            const pooling = recordingPooling(statistics, (features, layer, level) =>
              tf.mean(globalPooling(features, layer, level), 0, true),
            );
            runBackbone(merged, batch, tf.tile(code, [measured.length, 1]), { pooling });
          }
          const pooling = first === undefined ? globalPooling : recordedPooling(statistics);
          const image = tf.tensor4d(block.rgb, [1, height, width, 3]);
          const result = runBackbone(merged, image, code, { pooling });
          merged.dispose();
          tf.dispose([...statistics.values()]);
          return result;
        }),
      );
      const values = await plain.read(output);
      output.dispose();
      return values;
    }

    function expectRestored(block: PixelBlock, restored: PixelBlock, expected: Float32Array): void {
      expect([restored.width, restored.height]).toEqual([block.width, block.height]);
      expect(restored.rgb).toHaveLength(expected.length);
      expect(largestDifference(restored.rgb, expected)).toBeLessThan(tolerance);
      // The network does something: an executor that returned its input would be found out.
      expect(largestDifference(block.rgb, expected)).toBeGreaterThan(0.1);
    }

    test("restores blocks of any size, one after the other, as the reference does", async () => {
      const run = executor.begin([], embedding);
      // A buffer is used again by the smaller block after the larger one, and grows for the next.
      for (const [index, [width, height]] of (
        [
          [12, 8],
          [5, 7],
          [1, 1],
          [21, 13],
        ] as const
      ).entries()) {
        const block = randomBlock(width, height, 10 + index);
        expectRestored(block, await run.restore(block), await reference(block));
      }
      run.dispose();
    });

    test("gives each run its mixture, and leaves the base as it was", async () => {
      const block = randomBlock(9, 6, 20);
      const [first, second] = [
        randomExpert(config, sha256, 1),
        randomExpert(config, sha256, 2, (path) => path.endsWith("conv1") || path.endsWith("conv3")),
      ];
      const mixture = [
        { expert: first, weight: 0.7 },
        { expert: second, weight: -0.4 },
      ];
      const plain = await reference(block);
      const mixed = await reference(block, mixture);
      const alone = await reference(block, mixture.slice(0, 1));
      expect(largestDifference(plain, mixed)).toBeGreaterThan(10 * tolerance);
      expect(largestDifference(alone, mixed)).toBeGreaterThan(3 * tolerance);
      const runs = [
        executor.begin(mixture, embedding),
        executor.begin([], embedding),
        executor.begin([...mixture.slice(0, 1), { expert: second, weight: 0 }], embedding),
      ];
      for (const [index, expected] of [mixed, plain, alone].entries()) {
        expectRestored(block, await runs[index]!.restore(block), expected);
      }
      runs.forEach((run) => run.dispose());
      const again = executor.begin([], embedding);
      expectRestored(block, await again.restore(block), plain);
      again.dispose();
    });

    test("restores with statistics that were measured jointly over blocks", async () => {
      const blocks = [randomBlock(10, 6, 30), randomBlock(10, 6, 31), randomBlock(10, 6, 32)];
      const block = { ...randomBlock(7, 9, 33) };
      block.rgb.forEach((value, index) => (block.rgb[index] = value * 0.3));
      const run = executor.begin([], embedding);
      await run.measure(blocks);
      const measured = await reference(block, [], blocks);
      expect(largestDifference(measured, await reference(block))).toBeGreaterThan(3 * tolerance);
      expectRestored(block, await run.restore(block), measured);
      // Measuring again replaces what was measured.
      await run.measure([block]);
      expectRestored(block, await run.restore(block), await reference(block));
      run.dispose();
    });

    test("says what is wrong", async () => {
      const block = randomBlock(4, 4, 40);
      const stranger = randomExpert(config, "0".repeat(64), 3);
      const own = randomExpert(config, sha256, 4);
      const begin = (expert: Expert, weight: number) => () => executor.begin([{ expert, weight }], embedding);
      expect(begin(stranger, 1)).toThrow(expect.objectContaining({ code: "ExpertMismatch" }));
      expect(begin(own, Number.NaN)).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
      const run = executor.begin([], embedding);
      await expect(run.measure([])).rejects.toMatchObject({ code: "InvalidArgument" });
      const signal = AbortSignal.abort("enough");
      await expect(run.restore(block, { signal })).rejects.toMatchObject({
        code: "Aborted",
        cause: "enough",
      });
      await expect(run.measure([block], { signal })).rejects.toMatchObject({ code: "Aborted" });
      // An aborted call leaves the run usable.
      expectRestored(block, await run.restore(block), await reference(block));
      run.dispose();
      run.dispose();
      await expect(run.restore(block)).rejects.toMatchObject({ code: "Disposed" });
    });

    test("holds the experts that it merged, until nobody needs them", () => {
      const expert = randomExpert(config, sha256, 6);
      executor.releaseExperts(() => false);
      const before = executor.byteSize;
      executor.begin([{ expert, weight: 1 }], embedding).dispose();
      const factors = [...expert.factors.values()];
      const floats = factors.reduce((sum, { a, b }) => sum + a.size + b.size, 0);
      const held = executor.byteSize;
      expect(held - before).toBeGreaterThanOrEqual(floats * 4);
      executor.begin([{ expert, weight: 0.5 }], embedding).dispose();
      expect(executor.byteSize).toBe(held);
      executor.releaseExperts((candidate) => candidate === expert);
      expect(executor.byteSize).toBe(held);
      executor.releaseExperts(() => false);
      expect(held - executor.byteSize).toBeGreaterThanOrEqual(floats * 4);
    });
  });
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((largest, value, index) => {
    const difference = Math.abs(value - b[index]!);
    // A result that is not a number is as far as can be.
    return difference <= largest ? largest : Number.isNaN(difference) ? Infinity : difference;
  }, 0);
}
