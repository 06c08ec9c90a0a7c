import { beforeAll, describe, expect, test } from "@jest/globals";
import * as tf from "@tensorflow/tfjs-core";
import { measureMemoryGrowth } from "../../src/testing/index.js";
import { expectNoLeaks, useBackend } from "../support/index.js";

describe.each(["cpu", "wasm"] as const)("measureMemoryGrowth on %s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("is zero for a run that tidies up", async () => {
    await expectNoLeaks(async () => {
      const sum = tf.tidy(() => tf.add(tf.ones([2, 3]), tf.scalar(1)));
      expect([...(await sum.data())]).toEqual([2, 2, 2, 2, 2, 2]);
      sum.dispose();
    });
  });

  test("counts what is left behind: a shared buffer once, its bytes for each tensor", async () => {
    let left: tf.Tensor[] = [];
    const growth = await measureMemoryGrowth(() => {
      const tensor = tf.zeros([4, 5]);
      left = [tensor, tf.reshape(tensor, [20])];
    });
    expect(growth).toEqual({ tensors: 2, dataBuffers: 1, bytes: 160 });
    const freed = await measureMemoryGrowth(() => {
      tf.dispose(left);
    });
    expect(freed).toEqual({ tensors: -2, dataBuffers: -1, bytes: -160 });
  });

  test("passes on what the run throws", async () => {
    await expect(measureMemoryGrowth(() => Promise.reject(new Error("broken run")))).rejects.toThrow(
      "broken run",
    );
  });
});
