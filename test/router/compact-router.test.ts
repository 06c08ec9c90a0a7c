import { beforeAll, expect, test } from "@jest/globals";
import { PixelImage } from "../../src/sdk/image/index.js";
import {
  CompactRouter,
  listRouterParameters,
  validateCompactRouterConfig,
} from "../../src/sdk/router/index.js";
import { HostTensor, type TensorFile } from "../../src/sdk/weights/index.js";
import { expectNoLeaks, useBackend } from "../support/index.js";

beforeAll(() => useBackend("cpu"));

const config = validateCompactRouterConfig({
  architecture: "limpid.router",
  globalSize: 16,
  windowSize: 16,
  widths: [4, 4],
  strides: [2, 2],
  kernelSizes: [3, 3],
  hiddenSize: 8,
  embeddingSize: 3,
  classifierSize: 8,
});
const faults = ["noise", "haze", "rain"];

/** A router whose classifier is its extractor over again, so that its logits say what its embedding must be. */
function makeRouter(): CompactRouter {
  let seed = 1;
  const random = (): number => {
    seed = (seed * 16807) % 2147483647;
    return (seed / 2147483647 - 0.5) * 0.8;
  };
  const tensors = new Map(
    listRouterParameters(config, faults.length).map(({ name, shape }) => {
      const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, random);
      return [name, HostTensor.fromFloat32(shape, values, "F32")];
    }),
  );
  for (const part of ["0.weight", "0.bias", "2.weight", "2.bias"]) {
    tensors.set(`cls_head.${part}`, tensors.get(`de_extractor.${part}`)!);
  }
  const file: TensorFile = { tensors, metadata: {} };
  return CompactRouter.fromTensorFile(file, config, faults);
}

/** x times the standard normal distribution function, by the integral that defines it. */
function gelu(x: number): number {
  const steps = 20000;
  let area = 0;
  for (let i = 0; i < steps; i++) area += Math.exp((((i + 0.5) * x) / steps) ** 2 / -2) * (x / steps);
  return x * (0.5 + area / Math.sqrt(2 * Math.PI));
}

const photo = new PixelImage({
  width: 40,
  height: 24,
  channels: 4,
  data: Uint8ClampedArray.from({ length: 40 * 24 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 97) % 251)),
});

test("a classifier with a hidden layer sees the encoders' features, for the image and for each window", async () => {
  await expectNoLeaks(async () => {
    const router = makeRouter();
    const { windows, ...whole } = await router.analyze(photo, undefined, true);
    expect(windows!.length).toBeGreaterThan(1);
    for (const { degradations, embedding } of [whole, ...windows!]) {
      for (const { degradation, probability } of degradations) {
        const logit = Math.log(probability / (1 - probability));
        expect(gelu(logit)).toBeCloseTo(embedding[faults.indexOf(degradation)]!, 4);
      }
    }
    router.dispose();
  });
});

test("weights of a linear classifier do not fit one with a hidden layer", () => {
  const { classifierSize: _, ...linear } = config;
  const tensors = new Map(
    listRouterParameters(linear, faults.length).map(({ name, shape }) => [
      name,
      HostTensor.fromFloat32(shape, new Float32Array(shape.reduce((a, b) => a * b, 1)), "F32"),
    ]),
  );
  expect(() => CompactRouter.fromTensorFile({ tensors, metadata: {} }, config, faults)).toThrow(
    /cls_head\.0\.weight/,
  );
});
