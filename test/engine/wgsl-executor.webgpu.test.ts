import { expect, test } from "@jest/globals";
import type { BackboneConfig } from "../../src/sdk/backbone/index.js";
import {
  layOutWeights,
  planPass,
  TfjsBackend,
  WebgpuDevice,
  WgslExecutor,
} from "../../src/sdk/engine/index.js";
import { tensorBytesSha256 } from "../../src/sdk/weights/index.js";
import {
  compactConfig,
  paperConfig,
  randomArray,
  randomWeights,
  squareConfig,
  unevenConfig,
  wideConfig,
} from "../backbone/networks.js";
import { describeExecutor, randomBlock, randomExpert } from "./executor-suite.js";

describeExecutor({
  name: "wgsl in single precision",
  start: () => TfjsBackend.start("webgpu"),
  make: (backend, file, config) =>
    WgslExecutor.prepare(backend.device!, file, config, { precision: "f32", wholeBlocks: true }),
  reference: "wasm",
  tolerance: 2e-4,
  configs: [compactConfig, unevenConfig, wideConfig, squareConfig],
});

describeExecutor({
  name: "wgsl in single precision, two dispatches a block",
  start: () => TfjsBackend.start("webgpu"),
  make: (backend, file, config) =>
    WgslExecutor.prepare(backend.device!, file, config, { precision: "f32", wholeBlocks: false }),
  reference: "wasm",
  tolerance: 2e-4,
  configs: [unevenConfig],
});

describeExecutor({
  name: "wgsl in half floats",
  start: () => TfjsBackend.start("webgpu"),
  make: (backend, file, config) =>
    WgslExecutor.prepare(backend.device!, file, config, { precision: "f16", wholeBlocks: true }),
  reference: "wasm",
  tolerance: 2e-2,
});

const embedding = randomArray(compactConfig.embeddingSize, 5);
const weights = randomWeights(compactConfig);

test("networks that the kernels do not run are declined with the reason", async () => {
  const device = await WebgpuDevice.acquire({ acceptSoftware: true });
  const small: BackboneConfig = { ...compactConfig, encoderBlocks: [1], decoderBlocks: [1] };
  const declined: [BackboneConfig, string][] = [
    [{ ...small, width: 6 }, "width 6 is not a multiple of 4"],
    [{ ...small, width: 132 }, "264 channels at its lowest level, more than 256"],
    [{ ...small, imageChannels: 4 }, "images have 4 channels"],
    [{ ...paperConfig, ...small, expertTargets: "all" }, "experts may change every convolution"],
  ];
  for (const [config, reason] of declined) {
    await expect(WgslExecutor.prepare(device, randomWeights(config), config)).rejects.toMatchObject({
      code: "BackendUnavailable",
      message: expect.stringContaining(reason),
    });
  }
  device.dispose();
});

test("a kernel that does not compile is named, so that tfjs can run instead", async () => {
  const device = await WebgpuDevice.acquire({ acceptSoftware: true });
  const create = device.gpu.createShaderModule.bind(device.gpu);
  device.gpu.createShaderModule = (descriptor) =>
    create({ ...descriptor, code: descriptor.code.replace("fma(", "no_such_function(") });
  await expect(
    WgslExecutor.prepare(device, weights, compactConfig, { precision: "f32" }),
  ).rejects.toMatchObject({
    code: "BackendUnavailable",
    message: expect.stringContaining("does not compile"),
  });
  device.dispose();
});

test("between two tiles nothing is allocated, compiled or submitted twice", async () => {
  const device = await WebgpuDevice.acquire({ acceptSoftware: true });
  const executor = await WgslExecutor.prepare(device, weights, compactConfig, { precision: "f32" });
  const run = executor.begin([], embedding);
  await run.measure([randomBlock(8, 8, 1), randomBlock(8, 8, 2)]);
  await run.restore(randomBlock(16, 12, 3));
  const calls = countCalls(device.gpu);
  await run.restore(randomBlock(16, 12, 4));
  await run.restore(randomBlock(16, 12, 5));
  expect(calls).toEqual({ submit: 2 });
  run.dispose();
  executor.dispose();
  device.dispose();
});

test("a new mixture is one dispatch, and allocates no weights", async () => {
  const device = await WebgpuDevice.acquire({ acceptSoftware: true });
  const executor = await WgslExecutor.prepare(device, weights, compactConfig, { precision: "f32" });
  const sha256 = tensorBytesSha256(weights);
  const [first, second] = [randomExpert(compactConfig, sha256, 1), randomExpert(compactConfig, sha256, 2)];
  for (const expert of [first, second]) executor.begin([{ expert, weight: 1 }], embedding).dispose();
  const held = executor.byteSize;
  const { dispatches, buffers } = recordDispatches(device.gpu);
  const mixture = [
    { expert: first, weight: 0.3 },
    { expert: second, weight: 0.6 },
  ];
  executor.begin(mixture, embedding).dispose();
  expect(dispatches).toHaveLength(1);
  // What the kernel is told, and the factors of both experts side by side.
  expect(buffers.map(({ label }) => label).sort()).toEqual(["factors", "merge tasks"]);
  expect(executor.byteSize).toBe(held);
  executor.dispose();
  expect(executor.byteSize).toBe(0);
  expect(() => executor.begin([], embedding)).toThrow(expect.objectContaining({ code: "Disposed" }));
  device.dispose();
});

test("a tile dispatches and touches what its plan says", async () => {
  const device = await WebgpuDevice.acquire({ acceptSoftware: true });
  const executor = await WgslExecutor.prepare(device, weights, compactConfig, { precision: "f32" });
  const run = executor.begin([], embedding);
  const { dispatches, buffers } = recordDispatches(device.gpu);
  await run.restore(randomBlock(13, 10, 3));
  const shape = { images: 1, width: 13, height: 10 };
  const plan = planPass(compactConfig, layOutWeights(compactConfig), shape, "restore", {
    precision: "f32",
    wholeBlocks: false,
    threads: 64,
    tileVectors: 384,
  });
  expect(dispatches).toEqual(
    plan.dispatches.map(({ name, bindings }) => ({
      name,
      bytes: bindings.reduce((sum, { size }) => sum + size, 0),
    })),
  );
  const allocated = new Map(buffers.map(({ label, size }) => [label, size]));
  for (const [name, size] of plan.bufferSizes) expect(allocated.get(name)).toBe(size);
  run.dispose();
  executor.dispose();
  device.dispose();
});

test("a device that is lost in the middle of a tile fails it, and every later one", async () => {
  const device = await WebgpuDevice.acquire({ acceptSoftware: true });
  const executor = await WgslExecutor.prepare(device, weights, compactConfig, { precision: "f32" });
  const run = executor.begin([], embedding);
  const restored = run.restore(randomBlock(32, 32, 6));
  device.gpu.destroy();
  await expect(restored).rejects.toMatchObject({ code: "DeviceLost" });
  await expect(run.restore(randomBlock(8, 8, 7))).rejects.toMatchObject({ code: "DeviceLost" });
  expect(() => executor.begin([], embedding)).toThrow(expect.objectContaining({ code: "DeviceLost" }));
  run.dispose();
  executor.dispose();
  device.dispose();
});

test("a tile that the device has no memory for is refused; the next one is not", async () => {
  const device = await WebgpuDevice.acquire({ acceptSoftware: true });
  const executor = await WgslExecutor.prepare(device, weights, compactConfig, { precision: "f32" });
  const run = executor.begin([], embedding);
  const pop = device.gpu.popErrorScope.bind(device.gpu);
  device.gpu.popErrorScope = async () => {
    await pop();
    return new GPUOutOfMemoryError("there is none left");
  };
  await expect(run.restore(randomBlock(16, 16, 8))).rejects.toMatchObject({
    code: "OutOfMemory",
    message: expect.stringContaining("there is none left"),
  });
  device.gpu.popErrorScope = pop;
  const { rgb } = await run.restore(randomBlock(16, 16, 8));
  expect(rgb.every(Number.isFinite)).toBe(true);
  run.dispose();
  executor.dispose();
  device.dispose();
});

test("tiles may be asked for before the last one has come, and an abort lets go of one of them", async () => {
  const device = await WebgpuDevice.acquire({ acceptSoftware: true });
  const executor = await WgslExecutor.prepare(device, weights, compactConfig, { precision: "f32" });
  const run = executor.begin([], embedding);
  const blocks = [randomBlock(8, 8, 50), randomBlock(8, 8, 51), randomBlock(8, 8, 52)];
  const alone: Float32Array[] = [];
  for (const block of blocks) alone.push((await run.restore(block)).rgb);
  const abort = new AbortController();
  const together = blocks.map((block, index) =>
    run.restore(block, index === 1 ? { signal: abort.signal } : {}),
  );
  abort.abort();
  await expect(together[1]).rejects.toMatchObject({ code: "Aborted" });
  expect((await together[0]!).rgb).toEqual(alone[0]);
  expect((await together[2]!).rgb).toEqual(alone[2]);
  run.dispose();
  executor.dispose();
  device.dispose();
});

test("with the least memory that a workgroup may have the results are the same", async () => {
  const restore = async (limits: object): Promise<readonly [Float32Array, string[]]> => {
    const device = await WebgpuDevice.acquire({ acceptSoftware: true });
    const all = { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 27, ...limits };
    Object.defineProperty(device.gpu, "limits", {
      value: { ...all, maxComputeWorkgroupsPerDimension: 65_535 },
    });
    const labels: string[] = [];
    const create = device.gpu.createShaderModule.bind(device.gpu);
    device.gpu.createShaderModule = (descriptor) => {
      labels.push(descriptor.label ?? "");
      return create(descriptor);
    };
    const executor = await WgslExecutor.prepare(device, weights, compactConfig, {
      precision: "f32",
      wholeBlocks: true,
    });
    const run = executor.begin([], embedding);
    await run.measure([randomBlock(24, 16, 60)]);
    const { rgb } = await run.restore(randomBlock(37, 22, 61));
    run.dispose();
    executor.dispose();
    device.dispose();
    return [rgb, labels];
  };
  const invocations = { maxComputeInvocationsPerWorkgroup: 256 };
  const [large, largeLabels] = await restore({ ...invocations, maxComputeWorkgroupStorageSize: 32_768 });
  const [small, smallLabels] = await restore({ ...invocations, maxComputeWorkgroupStorageSize: 16_384 });
  expect(largeLabels).toContain("tile f32 160 960");
  expect(smallLabels).toContain("tile f32 80 480");
  expect(Math.max(...small.map((value, index) => Math.abs(value - large[index]!)))).toBeLessThan(1e-5);
});

/** Counts calls of what makes something on a device, from now on. */
function countCalls(device: GPUDevice): Record<string, number> {
  const calls: Record<string, number> = {};
  const count = <T extends object>(target: T, names: readonly (keyof T & string)[]): void => {
    for (const name of names) {
      const method = target[name] as (...args: unknown[]) => unknown;
      Object.assign(target, {
        [name]: (...args: unknown[]) => {
          calls[name] = (calls[name] ?? 0) + 1;
          return method.apply(target, args);
        },
      });
    }
  };
  count(device, [
    "createBuffer",
    "createBindGroup",
    "createShaderModule",
    "createComputePipeline",
    "createComputePipelineAsync",
  ]);
  count(device.queue, ["submit"]);
  return calls;
}

/** Records what is dispatched, with the bytes that are bound to it, and the buffers that are made, from now on. */
function recordDispatches(device: GPUDevice): {
  readonly dispatches: { readonly name: string; readonly bytes: number }[];
  readonly buffers: { readonly label: string; readonly size: number }[];
} {
  const dispatches: { name: string; bytes: number }[] = [];
  const buffers: { label: string; size: number }[] = [];
  const bound = new WeakMap<GPUBindGroup, { name: string; bytes: number }>();
  const [createBuffer, createBindGroup, createCommandEncoder] = [
    device.createBuffer.bind(device),
    device.createBindGroup.bind(device),
    device.createCommandEncoder.bind(device),
  ];
  device.createBuffer = (descriptor) => {
    buffers.push({ label: descriptor.label ?? "", size: descriptor.size });
    return createBuffer(descriptor);
  };
  device.createBindGroup = (descriptor) => {
    const group = createBindGroup(descriptor);
    let bytes = 0;
    for (const { resource } of descriptor.entries) bytes += (resource as GPUBufferBinding).size ?? 0;
    bound.set(group, { name: descriptor.label ?? "", bytes });
    return group;
  };
  device.createCommandEncoder = (descriptor) => {
    const encoder = createCommandEncoder(descriptor);
    const beginComputePass = encoder.beginComputePass.bind(encoder);
    encoder.beginComputePass = () => {
      const pass = beginComputePass();
      let current: { name: string; bytes: number } | undefined;
      const setBindGroup = pass.setBindGroup.bind(pass) as (index: number, group: GPUBindGroup) => undefined;
      const dispatch = pass.dispatchWorkgroups.bind(pass);
      Object.assign(pass, {
        setBindGroup: (index: number, group: GPUBindGroup) => {
          current = bound.get(group);
          setBindGroup(index, group);
        },
        dispatchWorkgroups: (...counts: [number, number?, number?]) => {
          dispatches.push(current!);
          dispatch(...counts);
        },
      });
      return pass;
    };
    return encoder;
  };
  return { dispatches, buffers };
}
