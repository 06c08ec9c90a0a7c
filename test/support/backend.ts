import { expect } from "@jest/globals";
import * as tf from "@tensorflow/tfjs-core";
import { measureMemoryGrowth } from "../../src/testing/index.js";

/** The backends that tests run on; `webgpu` needs a file named `*.webgpu.test.ts`. */
export type TestBackend = "cpu" | "wasm" | "webgpu";

const load: Record<TestBackend, () => Promise<unknown>> = {
  cpu: () => import("@tensorflow/tfjs-backend-cpu"),
  wasm: () => import("@tensorflow/tfjs-backend-wasm"),
  webgpu: () => import("@tensorflow/tfjs-backend-webgpu"),
};

/**
 * Makes a tfjs backend the current one for this test file; call it in `beforeAll`.
 *
 * @throws if the backend does not start: a missing runtime fails the test, another never stands in for it
 */
export async function useBackend(name: TestBackend): Promise<void> {
  // tfjs then checks every kernel for leaks, and does not advertise its native addon.
  tf.env().set("IS_TEST", true);
  await load[name]();
  if (!(await tf.setBackend(name))) throw new Error(`the ${name} backend of tfjs does not start here`);
}

/** Asserts that a run leaves no tensor, buffer or byte behind in tfjs. */
export async function expectNoLeaks(run: () => unknown): Promise<void> {
  expect(await measureMemoryGrowth(run)).toEqual({ tensors: 0, dataBuffers: 0, bytes: 0 });
}
