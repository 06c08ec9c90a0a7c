import { beforeAll, describe, expect, test } from "@jest/globals";
import * as tf from "@tensorflow/tfjs-core";
import { expectNoLeaks, useBackend } from "../support/index.js";

describe("WebGPU in Node", () => {
  beforeAll(() => useBackend("webgpu"));

  test("has an adapter with compute limits that tiles fit in", async () => {
    const adapter = await navigator.gpu.requestAdapter();
    expect(adapter?.limits.maxStorageBufferBindingSize).toBeGreaterThanOrEqual(128 * 2 ** 20);
  });

  test("adds in float32 exactly as the language does, and leaks nothing", async () => {
    expect(tf.getBackend()).toBe("webgpu");
    // Above tfjs's limit of 1000 elements, below which it computes on the CPU.
    const left = Float32Array.from({ length: 5000 }, () => Math.random() - 0.5);
    const right = Float32Array.from({ length: 5000 }, () => Math.random() * 1e3);
    await expectNoLeaks(async () => {
      const sum = tf.tidy(() => tf.add(tf.tensor1d(left), tf.tensor1d(right)));
      expect([...(await sum.data())]).toEqual([...left].map((value, i) => Math.fround(value + right[i]!)));
      sum.dispose();
    });
  });
});
