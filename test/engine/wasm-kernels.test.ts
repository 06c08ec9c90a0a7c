import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";

test("the compiled kernels are those of their source", async () => {
  const { buildKernels } = await import("../../scripts/build-kernels.mjs");
  for (const [file, text] of await buildKernels()) {
    const path = new URL(`../../src/sdk/engine/wasm/${file}`, import.meta.url);
    expect(readFileSync(path, "utf8") === text ? "the same" : `${file}: run npm run build`).toBe("the same");
  }
});
