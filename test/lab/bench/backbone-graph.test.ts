import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "@jest/globals";
import { makeBackboneGraph } from "../../../packages/lab/bench/onnx/backbone-graph.js";
import { BackboneWeights, runBackbone, type BackboneConfig } from "../../../src/sdk/backbone/index.js";
import { compactConfig, randomArray, randomWeights } from "../../backbone/networks.js";
import { expectNoLeaks, useBackend } from "../../support/index.js";
import { runOnnxGraph } from "./run-onnx-graph.js";

beforeAll(() => useBackend("wasm"));

const plainModulator = { ...compactConfig.modulator, decoder: false, shift: false };
const networks: [string, BackboneConfig][] = [
  ["as it ships, but small", compactConfig],
  ["modulated without shifts and in the encoder only", { ...compactConfig, modulator: plainModulator }],
];

test.each(networks)("the graph computes what the backbone does: %s", async (_, config) => {
  const file = randomWeights(config);
  const [height, width] = [12, 20];
  await expectNoLeaks(() => {
    const weights = BackboneWeights.fromTensorFile(file, config);
    tf.tidy(() => {
      const image = tf.tensor4d(randomArray(height * width * 3, 2), [1, height, width, 3]);
      const embedding = tf.tensor2d(randomArray(config.embeddingSize, 3), [1, config.embeddingSize]);
      const expected = runBackbone(weights, image, embedding);
      const restored = runOnnxGraph(makeBackboneGraph(file, config), {
        image: tf.transpose(image, [0, 3, 1, 2]),
        embedding: tf.reshape(embedding, [1, config.embeddingSize, 1, 1]),
      });
      const wanted = expected.dataSync();
      const got = tf.transpose(restored, [0, 2, 3, 1]).dataSync();
      // The network does something, so that being equal means something.
      expect(tf.max(tf.abs(tf.sub(expected, image))).dataSync()[0]).toBeGreaterThan(0.1);
      expect(Math.max(...got.map((value, index) => Math.abs(value - wanted[index]!)))).toBeLessThan(1e-4);
    });
    weights.dispose();
  });
});

test("every value of the graph is made once, before it is used", () => {
  const { inputs, initializers, nodes, outputs } = makeBackboneGraph(
    randomWeights(compactConfig),
    compactConfig,
  );
  const known = new Set([...inputs, ...initializers].map(({ name }) => name));
  expect(known.size).toBe(inputs.length + initializers.length);
  for (const node of nodes) {
    for (const input of node.inputs) expect(known).toContain(input);
    for (const output of node.outputs) {
      expect(known).not.toContain(output);
      known.add(output);
    }
  }
  for (const { name } of outputs) expect(known).toContain(name);
});
