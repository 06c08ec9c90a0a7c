import { expect, test } from "@jest/globals";
import type { BackboneConfig } from "../../src/sdk/backbone/index.js";
import { startExecutor, TfjsBackend, WasmExecutor } from "../../src/sdk/engine/index.js";
import {
  compactConfig,
  paperConfig,
  randomArray,
  randomWeights,
  squareConfig,
  unevenConfig,
  wideConfig,
} from "../backbone/networks.js";
import { describeExecutor, randomBlock } from "./executor-suite.js";

describeExecutor({
  name: "fused WebAssembly kernels",
  start: () => TfjsBackend.start("cpu"),
  make: (_backend, file, config) => WasmExecutor.prepare(file, config),
  reference: "wasm",
  tolerance: 1e-5,
  configs: [
    compactConfig,
    unevenConfig,
    wideConfig,
    squareConfig,
    // Whose levels have four channels more than whole panels.
    { ...compactConfig, width: 20, unshuffle: 4 },
  ],
});

const weights = randomWeights(compactConfig);
const embedding = randomArray(compactConfig.embeddingSize, 5);

const options = { file: weights, config: compactConfig };

test("networks that the kernels do not run are declined with the reason, and left to tfjs", async () => {
  const small: BackboneConfig = { ...compactConfig, encoderBlocks: [1], decoderBlocks: [1] };
  const declined: [BackboneConfig, string][] = [
    [{ ...small, width: 6 }, "width 6 is not a multiple of 4"],
    [{ ...small, imageChannels: 4 }, "images have 4 channels"],
    [{ ...paperConfig, ...small, expertTargets: "all" }, "experts may change every convolution"],
  ];
  for (const [config, reason] of declined) {
    const file = randomWeights(config);
    await expect(WasmExecutor.prepare(file, config)).rejects.toMatchObject({
      code: "BackendUnavailable",
      message: expect.stringContaining(reason),
    });
    const started = await startExecutor("wasm", { file, config });
    expect(started.executor.kind).toBe("tfjs");
    expect(started.fallbackReasons).toEqual([expect.stringContaining(reason)]);
    started.dispose();
  }
  const started = await startExecutor("wasm", options);
  expect([started.executor.kind, started.fallbackReasons]).toEqual(["wasm", []]);
  started.dispose();
});

test("without SIMD, or where a policy forbids to compile, tfjs runs instead, and that is said", async () => {
  const { validate, compile } = WebAssembly;
  try {
    WebAssembly.validate = () => false;
    const old = await startExecutor("wasm", options);
    expect([old.executor.kind, old.fallbackReasons]).toEqual([
      "tfjs",
      ["the WebAssembly kernels do not run here: this runtime's WebAssembly has no SIMD"],
    ]);
    old.dispose();
    WebAssembly.validate = validate;
    WebAssembly.compile = () => Promise.reject(new Error("it is against the policy"));
    const forbidden = await startExecutor("wasm", options);
    expect(forbidden.executor.kind).toBe("tfjs");
    expect(forbidden.fallbackReasons).toEqual([expect.stringContaining("it is against the policy")]);
    forbidden.dispose();
  } finally {
    Object.assign(WebAssembly, { validate, compile });
  }
});

test("without WebGPU, auto is wasm and says why; webgpu is refused with the reason", async () => {
  const started = await startExecutor("auto", options);
  expect(started.executor.kind).toBe("wasm");
  expect(started.fallbackReasons).toEqual([expect.stringContaining("WebGPU")]);
  started.dispose();
  await expect(startExecutor("webgpu", options)).rejects.toMatchObject({ code: "BackendUnavailable" });
});

test("a block that memory lacks for fails, and leaves the executor to smaller ones", async () => {
  const executor = await WasmExecutor.prepare(weights, compactConfig, { memoryLimit: 2 ** 20 });
  const run = executor.begin([], embedding);
  const block = randomBlock(16, 16, 1);
  const before = await run.restore(block);
  await expect(run.restore(randomBlock(400, 300, 2))).rejects.toMatchObject({ code: "OutOfMemory" });
  expect([...(await run.restore(block)).rgb]).toEqual([...before.rgb]);
  executor.dispose();
});

test("a number that is none harms no other block", async () => {
  const executor = await WasmExecutor.prepare(weights, compactConfig);
  const run = executor.begin([], embedding);
  const blocks = [randomBlock(40, 24, 1), randomBlock(36, 20, 2)] as const;
  await run.measure([blocks[0]]);
  const expected = [await run.restore(blocks[0]), await run.restore(blocks[1])];
  const poisoned = { ...blocks[0], rgb: blocks[0].rgb.map((value, index) => (index === 70 ? NaN : value)) };
  expect((await run.restore(poisoned)).rgb.some(Number.isNaN)).toBe(true);
  for (const [index, block] of blocks.entries()) {
    expect([...(await run.restore(block)).rgb]).toEqual([...expected[index]!.rgb]);
  }
  executor.dispose();
});

test("runs take turns, whatever is awaited when", async () => {
  const executor = await WasmExecutor.prepare(weights, compactConfig);
  const runs = [executor.begin([], embedding), executor.begin([], randomArray(embedding.length, 6))];
  const blocks = [randomBlock(40, 24, 1), randomBlock(36, 20, 2)];
  const alone: number[][] = [];
  for (const run of runs) for (const block of blocks) alone.push([...(await run.restore(block)).rgb]);
  const together = await Promise.all(runs.flatMap((run) => blocks.map((block) => run.restore(block))));
  expect(together.map(({ rgb }) => [...rgb])).toEqual(alone);
  executor.dispose();
  await expect(runs[0]!.restore(blocks[0]!)).rejects.toMatchObject({ code: "Disposed" });
});
