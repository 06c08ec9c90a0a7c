import { readFileSync } from "node:fs";
import { validateBackboneConfig } from "../src/sdk/backbone/index.js";
import {
  TfjsBackend,
  TfjsExecutor,
  WgslExecutor,
  type Executor,
  type ExecutorRun,
  type PixelBlock,
} from "../src/sdk/engine/index.js";
import { Expert } from "../src/sdk/experts/index.js";
import { readTensorFile } from "../src/sdk/weights/index.js";

/** What is compared. */
export interface ContestOptions {
  /** Side of the square tile, in pixels. */
  readonly side: number;
  /** Tiles that each contestant restores after its warm-up. */
  readonly rounds: number;
  /** The folder of the model. */
  readonly modelFolder: URL;
}

interface Contestant {
  readonly name: string;
  readonly executor: Executor;
  readonly run: ExecutorRun;
  readonly memory: { live: number; peak: number };
  readonly wall: number[];
  readonly processor: number[];
  readonly swaps: number[];
  dispatches: number;
  result: Float32Array;
}

/**
 * Lets every executor restore the same tile with the shipped weights, one after the other in each round.
 *
 * @param options - the tile and how often
 * @returns a table in Markdown
 */
export async function runContest({ side, rounds, modelFolder }: ContestOptions): Promise<string> {
  const read = (name: string): Uint8Array => Uint8Array.from(readFileSync(new URL(name, modelFolder)));
  const manifest = JSON.parse(new TextDecoder().decode(read("model.json"))) as {
    backbone: { file: string; config: unknown };
    experts: { file: string }[];
  };
  const config = validateBackboneConfig(manifest.backbone.config);
  const base = readTensorFile(read(manifest.backbone.file));
  const experts = manifest.experts
    .slice(0, 2)
    .map(({ file }) => Expert.fromTensorFile(readTensorFile(read(file)), config));
  const embedding = new Float32Array(config.embeddingSize).fill(0.1);
  const block: PixelBlock = {
    width: side,
    height: side,
    rgb: Float32Array.from(
      { length: side * side * 3 },
      (_, i) => 0.5 + 0.4 * Math.sin(i / 37) * Math.cos(i / 911),
    ),
  };

  const entries: readonly [string, "webgpu" | "wasm", (backend: TfjsBackend) => Promise<Executor>][] = [
    ["wgsl f32", "webgpu", (b) => WgslExecutor.prepare(b, base, config, { precision: "f32" })],
    ["wgsl f16", "webgpu", (b) => WgslExecutor.prepare(b, base, config, { precision: "f16" })],
    ["tfjs webgpu", "webgpu", (b) => Promise.resolve(new TfjsExecutor(b, base, config))],
    ["tfjs wasm", "wasm", (b) => Promise.resolve(new TfjsExecutor(b, base, config))],
  ];
  const dispatched = countDispatches();
  const contestants: Contestant[] = [];
  for (const [name, backendName, make] of entries) {
    const backend = await TfjsBackend.start(backendName);
    const memory = countBytes(backend.device);
    const executor = await make(backend);
    const run = executor.begin([], embedding);
    // The image's statistics are measured once, as for an image of many tiles.
    await run.measure([block]);
    const { rgb } = await run.restore(block);
    contestants.push({
      ...{ name, executor, run, memory, dispatches: 0, result: rgb },
      ...{ wall: [], processor: [], swaps: [] },
    });
  }
  for (let round = 0; round < rounds; round++) {
    for (const contestant of contestants) {
      const before = dispatched.count;
      const [started, used] = [performance.now(), process.cpuUsage()];
      await contestant.run.restore(block);
      contestant.wall.push(performance.now() - started);
      const { user, system } = process.cpuUsage(used);
      contestant.processor.push((user + system) / 1000);
      contestant.dispatches = dispatched.count - before;
    }
  }
  for (let round = 0; round < rounds + 1; round++) {
    for (const { executor, swaps } of contestants) {
      const started = performance.now();
      const run = executor.begin(
        experts.map((expert) => ({ expert, weight: 0.5 + round / 10 })),
        embedding,
      );
      // The first swap uploads the experts.
      if (round > 0) swaps.push(performance.now() - started);
      run.dispose();
    }
  }
  const reference = contestants.find(({ name }) => name === "tfjs webgpu")!.result;
  const lines = contestants.map((c) =>
    [
      c.name,
      spread(c.wall),
      spread(c.processor),
      c.dispatches || "",
      c.memory.peak === 0 ? "" : (c.memory.peak / 2 ** 20).toFixed(1),
      spread(c.swaps),
      psnr(c.result, reference),
    ].join(" | "),
  );
  return [
    `tile ${side} x ${side}, ${rounds} rounds in turns after a warm-up; median (least to most)`,
    "",
    "| executor | wall ms | processor ms | dispatches | peak GPU MiB | swap of two experts ms | PSNR to tfjs webgpu |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...lines.map((line) => `| ${line} |`),
  ].join("\n");
}

/** Counts the dispatches of all devices. */
function countDispatches(): { count: number } {
  const counter = { count: 0 };
  const prototype = GPUComputePassEncoder.prototype;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
  const { dispatchWorkgroups } = prototype;
  prototype.dispatchWorkgroups = function (...counts) {
    counter.count++;
    return dispatchWorkgroups.apply(this, counts);
  };
  return counter;
}

/** Counts the bytes of a device's buffers, from now on. */
function countBytes(device: GPUDevice | undefined): { live: number; peak: number } {
  const memory = { live: 0, peak: 0 };
  if (device === undefined) return memory;
  const createBuffer = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const buffer = createBuffer(descriptor);
    memory.live += descriptor.size;
    memory.peak = Math.max(memory.peak, memory.live);
    const destroy = buffer.destroy.bind(buffer);
    let isLive = true;
    buffer.destroy = () => {
      if (isLive) memory.live -= descriptor.size;
      isLive = false;
      return destroy();
    };
    return buffer;
  };
  return memory;
}

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const [least, median, most] = [0, 0.5, 1].map((q) => sorted[Math.floor(q * (sorted.length - 1))]!);
  return `${median!.toFixed(1)} (${least!.toFixed(1)} to ${most!.toFixed(1)})`;
}

function psnr(a: Float32Array, b: Float32Array): string {
  const error = a.reduce((sum, value, index) => sum + (value - b[index]!) ** 2, 0) / a.length;
  return error === 0 ? "same" : `${(-10 * Math.log10(error)).toFixed(0)} dB`;
}
