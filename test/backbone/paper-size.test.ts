import { expect, test } from "@jest/globals";
import * as tf from "@tensorflow/tfjs-core";
import { BackboneWeights, inferPublishedConfig, runBackbone } from "../../src/sdk/backbone/index.js";
import { expectNoLeaks, useBackend } from "../support/index.js";
import { paperConfig, randomArray, randomWeights } from "./networks.js";

test("the paper's network, with 1 of its 28 blocks at the fourth level, restores an image on wasm", async () => {
  await useBackend("wasm");
  const config = { ...paperConfig, encoderBlocks: [1, 1, 1, 1] };
  const file = randomWeights(config);
  expect(inferPublishedConfig(file)).toEqual(config);
  await expectNoLeaks(async () => {
    // The identity is not needed here, and its hash takes seconds at this size.
    const weights = BackboneWeights.fromTensorFile(file, config, "unknown");
    // 68.87 M less 27 blocks of 512 channels.
    expect(weights.byteSize / 4e6).toBeCloseTo(68.87 - 27 * 1.8519, 2);
    const image = tf.tensor4d(randomArray(17 * 20 * 3, 2), [1, 17, 20, 3]);
    const embedding = tf.tensor2d(randomArray(384, 3), [1, 384]);
    const restored = runBackbone(weights, image, embedding);
    expect(restored.shape).toEqual([1, 17, 20, 3]);
    expect((await restored.data()).every(Number.isFinite)).toBe(true);
    tf.dispose([image, embedding, restored]);
    weights.dispose();
  });
});
