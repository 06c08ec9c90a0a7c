import { expect, test } from "@jest/globals";
import * as tf from "@tensorflow/tfjs-core";
import { startBackend, TfjsBackend } from "../../src/sdk/engine/index.js";

const doubled = (values: number[]) => tf.tidy(() => tf.mul(tf.tensor1d(values), 2));

test("two backends have a device each and do not disturb each other", async () => {
  const [first, second] = await Promise.all([TfjsBackend.start("webgpu"), TfjsBackend.start("webgpu")]);
  expect(first.device).toBeDefined();
  expect(first.device).not.toBe(second.device);
  const a = first.run(() => doubled([1, 2, 3]));
  const b = second.run(() => doubled([4, 5, 6]));
  expect([...(await second.read(b))]).toEqual([8, 10, 12]);
  first.dispose();
  const c = second.run(() => doubled([7, 8, 9]));
  expect([...(await second.read(c))]).toEqual([14, 16, 18]);
  expect(() => first.run(() => 1)).toThrow(expect.objectContaining({ code: "Disposed" }));
  tf.dispose([a, b, c]);
  second.dispose();
});

test("a lost device fails the read that waits for it and every later computation", async () => {
  const backend = await TfjsBackend.start("webgpu");
  const tensor = backend.run(() => doubled([1, 2, 3]));
  const read = backend.read(tensor);
  backend.device!.gpu.destroy();
  await expect(read).rejects.toMatchObject({ code: "DeviceLost" });
  await expect(backend.device!.lost).resolves.toEqual(expect.any(String));
  expect(backend.device!.isLost).toBe(true);
  expect(() => backend.run(() => 1)).toThrow(expect.objectContaining({ code: "DeviceLost" }));
  tensor.dispose();
  backend.dispose();
});

test("the device has the adapter's largest buffers, not the default ones", async () => {
  const adapter = (await navigator.gpu.requestAdapter())!;
  const backend = await TfjsBackend.start("webgpu");
  expect(backend.device!.gpu.limits.maxBufferSize).toBe(adapter.limits.maxBufferSize);
  expect(backend.device!.gpu.limits.maxStorageBufferBindingSize).toBe(
    adapter.limits.maxStorageBufferBindingSize,
  );
  expect(backend.device!.gpu.features.has("shader-f16")).toBe(adapter.features.has("shader-f16"));
  backend.dispose();
});

test("auto passes over an adapter that runs on the CPU, and says so", async () => {
  const info = (await navigator.gpu.requestAdapter())!.info;
  const isSoftware =
    info.isFallbackAdapter || /llvmpipe|lavapipe|swiftshader/i.test(`${info.description} ${info.device}`);
  const { backend, fallbackReason } = await startBackend("auto");
  expect(backend.name).toBe(isSoftware ? "wasm" : "webgpu");
  expect(fallbackReason === undefined).toBe(!isSoftware);
  backend.dispose();
});
