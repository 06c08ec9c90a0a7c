import { describe, expect, test } from "@jest/globals";
import { version } from "../../src/sdk/base/index.js";
import { openPage } from "../support/page.js";

describe("in Chromium", () => {
  test("a script tag gives the global limpid", async () => {
    const page = await openPage({ script: "dist/limpid.iife.js" });
    const found = await page.evaluate(() => {
      const { limpid } = globalThis as unknown as { limpid: { version: string } };
      return limpid.version;
    });
    expect(found).toBe(version);
  });

  test("there is a WebGPU adapter", async () => {
    const page = await openPage();
    const architecture = await page.evaluate(async () => {
      const adapter = await navigator.gpu.requestAdapter();
      return adapter?.info.architecture;
    });
    expect(architecture).toBe("swiftshader");
  });

  test("a module computes on tfjs's WebGPU backend", async () => {
    const page = await openPage({ module: "test/testing/page-sum.ts" });
    const result = await page.waitForFunction(() => (globalThis as { result?: object }).result, undefined, {
      timeout: 60_000,
    });
    expect(await result.jsonValue()).toEqual({
      backend: "webgpu",
      sum: Array.from({ length: 2000 }, (_, i) => i + 0.5),
    });
  }, 90_000);
});
