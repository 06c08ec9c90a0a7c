import { expect, test } from "@jest/globals";
import { parseBenchOptions } from "../../../packages/lab/bench/options.js";

test("without a word everybody runs who can run in Node", () => {
  const options = parseBenchOptions([])!;
  expect(options.browser).toBe(false);
  expect(options.sizes).toEqual([64, 128, 256, 512]);
  expect(options.slowLimit).toBe(256);
  expect(options.executors).toEqual([
    ...["wgsl-f32", "wgsl-f16", "tfjs-webgpu", "tfjs-wasm", "onnx-webgpu", "onnx-wasm"],
  ]);
});

test("a browser runs UpscalerJS too, at smaller sizes", () => {
  const options = parseBenchOptions(["--browser"])!;
  expect(options.executors).toContain("upscaler-wasm");
  expect(Math.max(...options.sizes)).toBe(128);
});

test("what is named is taken, and sizes that are named are meant for everybody", () => {
  const options = parseBenchOptions([
    ...["--sizes", "128,64,128", "--executors", "onnx-wasm,wgsl-f32", "--rounds", "7"],
    ...["--quick", "--json", "results.json", "--markdown", "page.md#bench"],
  ]);
  expect(options).toEqual({
    sizes: [128, 64],
    executors: ["wgsl-f32", "onnx-wasm"],
    rounds: 7,
    slowLimit: 128,
    browser: false,
    json: "results.json",
    markdown: "page.md#bench",
  });
});

test("help is no run", () => {
  expect(parseBenchOptions(["--help"])).toBeUndefined();
});

test.each([
  [["--sizes", "60"], "multiples of 8"],
  [["--sizes", "64,,128"], "multiples of 8"],
  [["--executors", "wgsl-f32,webgl"], "nobody is called webgl"],
  [["--rounds", "0"], "from 1 to 1000"],
  [["--rounds", "1.5"], "from 1 to 1000"],
  [["--size", "64"], "--size"],
  [["64"], "64"],
])("%j is refused with a reason", (args, reason) => {
  expect(() => parseBenchOptions(args)).toThrow(reason);
});
