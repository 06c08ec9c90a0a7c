import { beforeAll, describe, expect, test } from "@jest/globals";
import * as tf from "@tensorflow/tfjs-core";
import { registerGradientKernels } from "../../src/sdk/backbone/index.js";
import { expectNoLeaks, useBackend } from "../support/index.js";
import { randomArray } from "./networks.js";

type Padding =
  "same" | "valid" | number | [[number, number], [number, number], [number, number], [number, number]];

interface Case {
  readonly shape: [number, number, number, number];
  readonly kernel: [number, number, number, number];
  readonly strides: number | [number, number];
  readonly pad: Padding;
}

const none: [number, number] = [0, 0];

const cases: readonly Case[] = [
  { shape: [2, 5, 6, 3], kernel: [3, 3, 3, 4], strides: 1, pad: "same" },
  { shape: [1, 7, 5, 2], kernel: [3, 2, 2, 1], strides: 1, pad: "valid" },
  { shape: [2, 8, 9, 2], kernel: [3, 3, 2, 2], strides: 2, pad: "same" },
  { shape: [1, 9, 8, 1], kernel: [2, 2, 1, 3], strides: 2, pad: "valid" },
  { shape: [1, 9, 8, 2], kernel: [3, 3, 2, 2], strides: [2, 3], pad: "valid" },
  { shape: [1, 6, 7, 2], kernel: [5, 3, 2, 1], strides: 1, pad: [none, [2, 2], [1, 1], none] },
  { shape: [1, 6, 7, 2], kernel: [3, 3, 2, 1], strides: 2, pad: [none, [1, 0], [0, 2], none] },
];

/** tfjs's own gradient of a convolution's input writes beyond its memory if the padding is as wide as the kernel. */
const widelyPadded: readonly Case[] = [
  { shape: [1, 4, 5, 2], kernel: [1, 1, 2, 2], strides: 1, pad: 1 },
  { shape: [1, 6, 5, 1], kernel: [2, 3, 1, 2], strides: 2, pad: 3 },
];

/** A number of which a convolution's derivatives are wanted, and the derivatives on a backend. */
async function gradients(
  backend: "cpu" | "wasm",
  operation: (x: tf.Tensor4D, kernel: tf.Tensor4D) => tf.Tensor,
  { shape, kernel }: Case,
): Promise<number[][]> {
  await tf.setBackend(backend);
  const size = (sides: readonly number[]): number => sides.reduce((product, side) => product * side, 1);
  const x = tf.tensor4d(randomArray(size(shape), 1), shape);
  const filter = tf.tensor4d(randomArray(size(kernel), 2), kernel);
  const results = tf.tidy(() => {
    const y = operation(x, filter);
    const weights = tf.tensor(randomArray(y.size, 3), y.shape);
    return tf.grads((a: tf.Tensor, b: tf.Tensor) =>
      tf.sum(tf.mul(operation(a as tf.Tensor4D, b as tf.Tensor4D), weights)),
    )([x, filter]);
  });
  const values = await Promise.all(results.map(async (result) => [...(await result.data())]));
  tf.dispose([x, filter, results]);
  return values;
}

function expectClose(actual: readonly number[][], expected: readonly number[][]): void {
  expect(actual.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  const flat = expected.flat();
  actual.flat().forEach((value, index) => expect(value).toBeCloseTo(flat[index]!, 4));
}

describe("the gradients that tfjs's wasm backend lacks", () => {
  beforeAll(async () => {
    await import("@tensorflow/tfjs"); // registers the gradients of tfjs's kernels
    await useBackend("cpu");
    await useBackend("wasm");
    registerGradientKernels();
    registerGradientKernels(); // does nothing
  });

  test.each(cases)("agree with the cpu backend's for a convolution: %j", async (wanted) => {
    const convolve = (x: tf.Tensor4D, kernel: tf.Tensor4D) =>
      tf.conv2d(x, kernel, wanted.strides, wanted.pad);
    await expectNoLeaks(async () => {
      expectClose(await gradients("wasm", convolve, wanted), await gradients("cpu", convolve, wanted));
    });
  });

  test.each([...cases, ...widelyPadded])(
    "agree with the cpu backend's for a depthwise convolution: %j",
    async (wanted) => {
      const convolve = (x: tf.Tensor4D, kernel: tf.Tensor4D) =>
        tf.depthwiseConv2d(x, kernel, wanted.strides, wanted.pad);
      await expectNoLeaks(async () => {
        expectClose(await gradients("wasm", convolve, wanted), await gradients("cpu", convolve, wanted));
      });
    },
  );

  test("refuse a dilation, rather than ignore it", async () => {
    await tf.setBackend("wasm");
    const x = tf.ones<tf.Rank.R4>([1, 5, 5, 1]);
    const run = () =>
      tf
        .engine()
        .runKernel(
          tf.DepthwiseConv2dNativeBackpropFilter,
          { x, dy: x },
          { strides: 1, pad: "same", dilations: [2, 2], filterShape: [3, 3, 1, 1] },
        );
    expect(run).toThrow("dilation");
    x.dispose();
  });
});
