import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import * as tf from "@tensorflow/tfjs-core";
import {
  BackboneWeights,
  computeModulation,
  gelu,
  globalPooling,
  localPooling,
  prepareBackbone,
  recordedPooling,
  recordingPooling,
  runBackbone,
} from "../../src/sdk/backbone/index.js";
import type { NodeBackendName } from "../../src/node/index.js";
import { expectNoLeaks, useBackend } from "../support/index.js";
import { compactConfig, difference, randomArray, randomWeights } from "./networks.js";

function randomImage(shape: [number, number, number, number], seed = 3): tf.Tensor4D {
  const length = shape.reduce((product, size) => product * size, 1);
  return tf.tensor4d(randomArray(length, seed), shape);
}

function randomEmbedding(count: number, seed = 4): tf.Tensor2D {
  return tf.tensor2d(randomArray(count * compactConfig.embeddingSize, seed), [
    count,
    compactConfig.embeddingSize,
  ]);
}

/** What the forward pass promises on every backend. */
export function describeForward(backend: NodeBackendName): void {
  describe(`the backbone on ${backend}`, () => {
    let weights: BackboneWeights;
    beforeAll(async () => {
      await useBackend(backend);
      weights = BackboneWeights.fromTensorFile(randomWeights(compactConfig), compactConfig);
    });
    afterAll(() => {
      weights.dispose();
    });

    test("keeps any size, and leaves nothing behind but its result", async () => {
      for (const [h, w] of [
        [1, 1],
        [4, 8],
        [7, 1],
        [9, 14],
      ] as const) {
        await expectNoLeaks(async () => {
          const [image, embedding] = [randomImage([1, h, w, 3]), randomEmbedding(1)];
          const restored = runBackbone(weights, image, embedding);
          expect(restored.shape).toEqual([1, h, w, 3]);
          expect((await restored.data()).every(Number.isFinite)).toBe(true);
          tf.dispose([image, embedding, restored]);
        });
      }
    });

    test("pads with zeros on the right and bottom", async () => {
      const [image, embedding] = [randomImage([1, 5, 6, 3]), randomEmbedding(1)];
      const padded: tf.Tensor4D = tf.pad(image, [[0, 0], [0, 3], [0, 2], [0, 0]]); // prettier-ignore
      const whole = runBackbone(weights, padded, embedding);
      const cropped = tf.slice(whole, [0, 0, 0, 0], [1, 5, 6, 3]);
      expect(await difference(runBackbone(weights, image, embedding), cropped)).toBeLessThan(1e-6);
      tf.dispose([image, padded, embedding, whole]);
    });

    test("restores each image of a batch by its own embedding", async () => {
      const [images, embeddings] = [randomImage([3, 8, 4, 3]), randomEmbedding(3)];
      const together = runBackbone(weights, images, embeddings);
      const alone = [0, 1, 2].map((index) =>
        tf.tidy(() =>
          runBackbone(
            weights,
            tf.slice(images, [index, 0, 0, 0], [1, 8, 4, 3]),
            tf.slice(embeddings, [index, 0], [1, -1]),
          ),
        ),
      );
      const stacked = tf.concat(alone, 0);
      const first = tf.slice(together, [0, 0, 0, 0], [1, 8, 4, 3]);
      const swapped = tf.tidy(() =>
        runBackbone(
          weights,
          tf.slice(images, [0, 0, 0, 0], [1, 8, 4, 3]),
          tf.slice(embeddings, [1, 0], [1, -1]),
        ),
      );
      expect(await difference(first, swapped)).toBeGreaterThan(1e-3);
      expect(await difference(together, stacked)).toBeLessThan(1e-5);
      tf.dispose([images, embeddings, ...alone]);
    });

    test("gives the same from prepared weights and a prepared modulation", async () => {
      await expectNoLeaks(async () => {
        const [image, embedding] = [randomImage([1, 6, 7, 3]), randomEmbedding(1)];
        const prepared = prepareBackbone(weights);
        const modulation = computeModulation(prepared, embedding);
        const expected = runBackbone(weights, image, embedding);
        expect(await difference(runBackbone(prepared, image, embedding), expected.clone())).toBe(0);
        expect(await difference(runBackbone(prepared, image, modulation), expected)).toBe(0);
        expect(prepared.byteSize).toBeGreaterThan(0);
        modulation.dispose();
        prepared.dispose();
        expect(() => runBackbone(prepared, image, embedding)).toThrow("after disposal");
        tf.dispose([image, embedding]);
      });
    });

    test("refuses images and embeddings of another shape", async () => {
      const [image, embedding] = [randomImage([2, 4, 4, 3]), randomEmbedding(2)];
      const [gray, one] = [randomImage([2, 4, 4, 1]), randomEmbedding(1)];
      await expectNoLeaks(() => {
        expect(() => runBackbone(weights, gray, embedding)).toThrow(
          "the backbone restores images of shape [n, h, w, 3], not [2, 4, 4, 1]",
        );
        expect(() => runBackbone(weights, image, one)).toThrow(
          "2 images need embeddings of shape [2, 5], not [1, 5]",
        );
      });
      tf.dispose([image, embedding, gray, one]);
    });

    test("repeats with recorded statistics what it computed when it recorded them", async () => {
      await expectNoLeaks(async () => {
        const [image, embedding] = [randomImage([1, 8, 8, 3]), randomEmbedding(1)];
        const statistics = new Map<string, tf.Tensor4D>();
        const recorded = runBackbone(weights, image, embedding, { pooling: recordingPooling(statistics) });
        expect([...statistics.keys()].sort()).toEqual([
          "decoders.0.blocks.0.sca",
          "decoders.1.blocks.0.sca",
          "encoders.0.blocks.0.sca",
          "encoders.1.blocks.0.sca",
          "encoders.1.blocks.1.sca",
          "middle_blks.blocks.0.sca",
        ]);
        const repeated = runBackbone(weights, image, embedding, { pooling: recordedPooling(statistics) });
        expect(await difference(recorded, repeated)).toBeLessThan(1e-6);
        // Recording again replaces what was there.
        runBackbone(weights, image, embedding, { pooling: recordingPooling(statistics) }).dispose();
        tf.dispose([image, embedding, ...statistics.values()]);
      });
    });

    test("says which layer has no recorded statistics", async () => {
      const [image, embedding] = [randomImage([1, 4, 4, 3]), randomEmbedding(1)];
      await expectNoLeaks(() => {
        expect(() => runBackbone(weights, image, embedding, { pooling: recordedPooling(new Map()) })).toThrow(
          "no pooled statistics were recorded for encoders.0.blocks.0.sca",
        );
      });
      tf.dispose([image, embedding]);
    });

    test("pools over local windows, replicated at the borders", async () => {
      const [h, w, c] = [9, 12, 2];
      const values = randomArray(h * w * c, 5);
      const features = tf.tensor4d(values, [1, h, w, c]);
      for (const [window, level, rows, columns] of [
        [4, 0, 4, 4],
        [[5, 100], 0, 5, 12],
        [[100, 3], 0, 9, 3],
        [8.5, 1, 4, 4],
        [1, 3, 1, 1],
        [100, 2, 9, 12],
      ] as const) {
        const pooled = localPooling(window)(features, "layer", level);
        const expected = new Float32Array(h * w * c);
        for (let y = 0; y < h; y++) {
          for (let x = 0; x < w; x++) {
            const top = Math.min(Math.max(y - Math.floor((rows - 1) / 2), 0), h - rows);
            const left = Math.min(Math.max(x - Math.floor((columns - 1) / 2), 0), w - columns);
            for (let channel = 0; channel < c; channel++) {
              let sum = 0;
              for (let dy = 0; dy < rows; dy++) {
                for (let dx = 0; dx < columns; dx++)
                  sum += values[((top + dy) * w + left + dx) * c + channel]!;
              }
              expected[(y * w + x) * c + channel] = sum / (rows * columns);
            }
          }
        }
        const spread = tf.broadcastTo(pooled, [1, h, w, c]);
        expect(await difference(spread, tf.tensor4d(expected, [1, h, w, c]))).toBeLessThan(1e-6);
        pooled.dispose();
      }
      features.dispose();
    });

    test("pools globally over one row, one column, one pixel", async () => {
      for (const shape of [
        [2, 1, 5, 3],
        [2, 5, 1, 3],
        [2, 1, 1, 3],
      ] as [number, number, number, number][]) {
        const features = randomImage(shape, 6);
        const mean: tf.Tensor4D = tf.mean(features, [1, 2], true);
        expect(await difference(globalPooling(features, "layer", 0), mean)).toBeLessThan(1e-6);
        features.dispose();
      }
    });

    test("has GELU's exact form to 1e-6", async () => {
      // From scipy.special.erf in double precision.
      const inputs = [-6, -3, -1, -0.1, 0, 1e-3, 0.5, 1, 2, 4];
      const expected = [
        -5.919527e-9, -0.004049694095, -0.158655253931, -0.046017216272, 0, 0.000500398942, 0.345731230637,
        0.841344746069, 1.954499736104, 3.99987331503,
      ];
      const activated = tf.tidy(() => gelu(tf.tensor1d(inputs)));
      expect(await difference(activated, tf.tensor1d(expected))).toBeLessThan(1e-6);
    });
  });
}
