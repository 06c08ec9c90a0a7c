import { afterEach, beforeAll, expect, test } from "@jest/globals";
import * as tf from "@tensorflow/tfjs-core";
import { startBackend, TfjsBackend } from "../../src/sdk/engine/index.js";
import { expectNoLeaks, useBackend } from "../support/index.js";

beforeAll(() => useBackend("cpu"));
const started: TfjsBackend[] = [];
afterEach(() => started.splice(0).forEach((backend) => backend.dispose()));

async function start(name: "wasm" | "cpu"): Promise<TfjsBackend> {
  const backend = await TfjsBackend.start(name);
  started.push(backend);
  return backend;
}

// First of all, since tfjs starts a backend once.
test("whoever computes while WebAssembly starts is not disturbed", async () => {
  let isStarted = false;
  const starting = start("wasm").finally(() => (isStarted = true));
  const sums: number[] = [];
  while (!isStarted) {
    sums.push(tf.tidy(() => tf.add(tf.scalar(20), tf.scalar(22)).dataSync()[0]!));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await starting;
  expect(sums.length).toBeGreaterThan(0);
  expect(new Set(sums)).toEqual(new Set([42]));
});

test("starting a backend leaves tfjs's active one as it was", async () => {
  const backend = await start("wasm");
  expect(backend.name).toBe("wasm");
  expect(tf.getBackend()).toBe("cpu");
});

test("a computation runs on the backend, and the one before is active again, also after a failure", async () => {
  const backend = await start("wasm");
  expect(backend.run(() => tf.getBackend())).toBe("wasm");
  expect(tf.getBackend()).toBe("cpu");
  expect(() =>
    backend.run(() => {
      throw new RangeError("on purpose");
    }),
  ).toThrow("on purpose");
  expect(tf.getBackend()).toBe("cpu");
});

test("tensors are read back from the backend that made them", async () => {
  const backend = await start("wasm");
  await expectNoLeaks(async () => {
    const sum = backend.run(() => tf.tidy(() => tf.add(tf.tensor1d([1, 2]), tf.tensor1d([10, 20]))));
    expect([...(await backend.read(sum))]).toEqual([11, 22]);
    sum.dispose();
  });
});

test("a backend that was disposed says so", async () => {
  const backend = await start("cpu");
  backend.dispose();
  backend.dispose();
  expect(() => backend.run(() => 1)).toThrow(expect.objectContaining({ code: "Disposed" }));
});

test("without WebGPU, auto is wasm and says why; webgpu is refused with the reason", async () => {
  const { backend, fallbackReason } = await startBackend("auto");
  started.push(backend);
  expect(backend.name).toBe("wasm");
  expect(fallbackReason).toMatch(/WebGPU/);
  await expect(startBackend("webgpu")).rejects.toMatchObject({ code: "BackendUnavailable" });
});
