import { pathToFileURL } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "@jest/globals";
import { openOnnxRuntime } from "../../../packages/lab/bench/contestants/onnx-runtime.js";
import { makeBackboneGraph } from "../../../packages/lab/bench/onnx/backbone-graph.js";
import { encodeOnnxModel } from "../../../packages/lab/bench/onnx/encode-model.js";
import { greatestDifference } from "../../../packages/lab/bench/statistics.js";
import { makeEmbedding, makeTestImage } from "../../../packages/lab/bench/test-image.js";
import { BackboneWeights, runBackbone } from "../../../src/sdk/backbone/index.js";
import { compactConfig, randomWeights } from "../../backbone/networks.js";
import { useBackend } from "../../support/index.js";

beforeAll(() => useBackend("wasm"));

test("ONNX Runtime reads the exported file and computes what the backbone does", async () => {
  const file = randomWeights(compactConfig);
  const { embeddingSize } = compactConfig;
  const runtime = await openOnnxRuntime("wasm", {
    readModel: () => Promise.reject(new Error("not needed")),
    readOnnxModel: () => Promise.resolve(encodeOnnxModel(makeBackboneGraph(file, compactConfig))),
    packageFile: (path) => pathToFileURL(`packages/lab/bench/node_modules/${path}`).href,
  });
  const block = makeTestImage(24);
  const restored = await runtime.restore(block);
  const expected = tf.tidy(() => {
    const weights = BackboneWeights.fromTensorFile(file, compactConfig);
    const image = tf.tensor4d(block.rgb, [1, 24, 24, 3]);
    const embedding = tf.tensor2d(makeEmbedding(embeddingSize), [1, embeddingSize]);
    return runBackbone(weights, image, embedding).dataSync<"float32">();
  });
  expect(greatestDifference(restored, block.rgb)).toBeGreaterThan(0.1);
  expect(greatestDifference(restored, expected)).toBeLessThan(1e-4);
});
