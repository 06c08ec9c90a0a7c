import { cpus } from "node:os";
import { listStages, type BackboneConfig } from "../../../src/sdk/backbone/index.js";
import { layOutWeights, planPass, WebgpuDevice, type Precision } from "../../../src/sdk/engine/index.js";
import type { ContestResult } from "./contest.js";
import { contestantTitles } from "./contestants/contestant.js";
import { readBenchModel } from "./contestants/model.js";
import { describeMachine } from "./describe-machine.js";
import { readModelFile, type BenchPlaces } from "./places.js";

/** One point under the roof. */
export interface RooflinePoint {
  /** What it is: a dispatch's kind, or a contestant. */
  readonly name: string;
  /** Floating point operations per byte that is read or written. */
  readonly intensity: number;
  /** GFLOP/s. */
  readonly rate: number;
}

/** What the picture shows. */
export interface Roofline {
  /** The machine, in one line. */
  readonly machine: string;
  /** What a copy reads and writes, in GB/s. */
  readonly bandwidth: number;
  /** Fused multiply-adds in registers, in GFLOP/s. */
  readonly peak: number;
  /** The dispatches of a tile, at what the roof lets them reach. */
  readonly dispatches: readonly RooflinePoint[];
  /** What contestants reached. */
  readonly contestants: readonly RooflinePoint[];
}

/**
 * Measures the machine's roof and puts what a contest measured under it.
 *
 * @param contest - results of `npm run bench -- --json`, in Node
 * @param places - where the model is
 */
export async function makeRoofline(contest: ContestResult, places: BenchPlaces): Promise<Roofline> {
  const { config } = await readBenchModel((path) => readModelFile(places, path));
  const owner = await WebgpuDevice.acquire({ acceptSoftware: true });
  const { gpu: device, info } = owner;
  const isSoftware = info.isFallbackAdapter || /llvmpipe|swiftshader/i.test(info.description);
  const bandwidth = await measureBandwidth(device, isSoftware);
  const peak = await measurePeak(device, isSoftware);
  owner.dispose();
  const side = sideOfMost(contest);
  const flops = countFlops(config, side);
  const contestants = contest.tiles
    .filter((tile) => tile.side === side && tile.counts.boundBytes > 0)
    .map(({ name, counts, laps }) => {
      // As many seconds as all cores of an idle machine would take, if the GPU is made of them.
      const seconds = isSoftware
        ? Math.min(...laps.map(({ processor }) => processor ?? Infinity)) / 1000 / cpus().length
        : (counts.milliseconds ?? Math.min(...laps.map(({ wall }) => wall))) / 1000;
      return {
        name: contestantTitles[name],
        intensity: flops.total / counts.boundBytes,
        rate: flops.total / seconds / 1e9,
      };
    });
  const dispatches = listDispatches(config, side, "f32").map(({ name, flops: operations, bytes }) => ({
    name,
    intensity: operations / bytes,
    rate: Math.min(peak, (operations / bytes) * bandwidth),
  }));
  const machine = describeMachine(info.description, `a tile of ${side} x ${side}`);
  return { machine, bandwidth, peak, dispatches, contestants };
}

/** The side of the tile that the most contestants restored on WebGPU; of two the larger. */
function sideOfMost({ tiles }: ContestResult): number {
  const sides = tiles.filter(({ counts }) => counts.boundBytes > 0).map(({ side }) => side);
  if (sides.length === 0) throw new Error("the contest has no results on WebGPU");
  const count = (side: number): number => sides.filter((other) => other === side).length;
  return sides.reduce((best, side) => ((count(side) - count(best) || side - best) > 0 ? side : best));
}

/** Floating point operations and bytes of each dispatch, in order. */
function listDispatches(
  config: BackboneConfig,
  side: number,
  precision: Precision,
): { name: string; flops: number; bytes: number }[] {
  const shape = { images: 1, width: side, height: side };
  const plan = planPass(config, layOutWeights(config), shape, "restore", {
    precision,
    wholeBlocks: true,
    threads: 160, // of a device whose workgroups have 32 kB
    tileVectors: 6 * 160,
  });
  const flops = countFlops(config, side).byDispatch;
  return plan.dispatches.map(({ name, bindings }) => {
    const operations = flops.get(name);
    if (operations === undefined) throw new Error(`nobody has counted what ${name} computes`);
    const bytes = bindings.reduce(
      (sum, { size, access }) => sum + (access === "none" ? 0 : access === "readwrite" ? 2 * size : size),
      0,
    );
    return { name: kindOf(name), flops: operations, bytes };
  });
}

const kindOf = (name: string): string =>
  (/\.(mix|tail|attention)$/.exec(name)?.[1] ?? name).replace(/\.\d+$/, "");

/** Multiplications and additions of the convolutions; normalisation and gates, a few per cent, are left out. */
function countFlops(
  config: BackboneConfig,
  side: number,
): { total: number; byDispatch: Map<string, number> } {
  const byDispatch = new Map<string, number>();
  const levels = config.encoderBlocks.length;
  for (const { path, level, channels: c, blocks } of listStages(config)) {
    const pixels = (side / 2 ** level) ** 2;
    const opening = blocks.length > 0 ? 4 * c * c : 0;
    if (path === "encoders.0") byDispatch.set("intro", pixels * (2 * 9 * 3 * c + opening));
    else if (path.startsWith("decoders.")) {
      byDispatch.set(`up.${levels - 1 - level}`, pixels * ((2 * 2 * c * 4 * c) / 4 + opening));
    } else byDispatch.set(`down.${level - 1}`, pixels * (2 * 4 * (c / 2) * c + opening));
    blocks.forEach((block, index) => {
      const next = index + 1 < blocks.length ? 4 * c * c : 0;
      byDispatch.set(`${block}.mix`, pixels * 2 * 9 * 2 * c);
      byDispatch.set(`${block}.attention`, 2 * c * c);
      byDispatch.set(`${block}.tail`, pixels * (2 * c * c + 4 * c * c + 2 * c * c + next));
    });
  }
  byDispatch.set("ending", side * side * 2 * 9 * config.width * 3);
  return { total: [...byDispatch.values()].reduce((sum, value) => sum + value, 0), byDispatch };
}

const copiedBytes = 64 * 2 ** 20;

async function measureBandwidth(device: GPUDevice, isSoftware: boolean): Promise<number> {
  const usage = GPUBufferUsage.STORAGE;
  const [from, to] = [
    device.createBuffer({ size: copiedBytes, usage }),
    device.createBuffer({ size: copiedBytes, usage }),
  ];
  const seconds = await takeBest(device, isSoftware, copiedBytes / 16 / 64 / 64, [from, to], {
    code: `
      @group(0) @binding(0) var<storage, read> source: array<vec4f>;
      @group(0) @binding(1) var<storage, read_write> copy: array<vec4f>;
      @compute @workgroup_size(64) fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
        for (var step = 0u; step < 64u; step++) {
          let index = (group.x * 64u + step) * 64u + lane;
          copy[index] = source[index];
        }
      }`,
  });
  return (2 * copiedBytes) / seconds / 1e9;
}

async function measurePeak(device: GPUDevice, isSoftware: boolean): Promise<number> {
  const [groups, steps, chains] = [256, 4096, 4];
  const target = device.createBuffer({ size: groups * 64 * 16, usage: GPUBufferUsage.STORAGE });
  const seconds = await takeBest(device, isSoftware, groups, [target], {
    code: `
      @group(0) @binding(0) var<storage, read_write> result: array<vec4f>;
      @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
        let factor = vec4f(f32(id.x) * 1e-9 + 0.999);
        var a = vec4f(1); var b = vec4f(2); var c = vec4f(3); var d = vec4f(4);
        for (var step = 0u; step < ${steps}u; step++) {
          a = fma(a, factor, b); b = fma(b, factor, c); c = fma(c, factor, d); d = fma(d, factor, a);
        }
        result[id.x] = a + b + c + d;
      }`,
  });
  return (groups * 64 * steps * chains * 4 * 2) / seconds / 1e9;
}

/** The shortest of some runs, in seconds; on a software GPU in seconds of all its cores, if they had nothing else to do. */
async function takeBest(
  device: GPUDevice,
  isSoftware: boolean,
  groups: number,
  buffers: readonly GPUBuffer[],
  shader: GPUShaderModuleDescriptor,
): Promise<number> {
  const pipeline = device.createComputePipeline({
    layout: "auto",
    compute: { module: device.createShaderModule(shader) },
  });
  const bindings = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  let best = Infinity;
  for (let round = 0; round < 6; round++) {
    const [started, used] = [performance.now(), process.cpuUsage()];
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindings);
    pass.dispatchWorkgroups(groups);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    const { user, system } = process.cpuUsage(used);
    const seconds = isSoftware ? (user + system) / 1e6 / cpus().length : (performance.now() - started) / 1000;
    // The first compiles.
    if (round > 0) best = Math.min(best, seconds);
  }
  return best;
}

/** The picture, as a specification of Vega-Lite. */
export function drawRoofline({ bandwidth, peak, dispatches, contestants, machine }: Roofline): object {
  const points = [...dispatches, ...contestants];
  const ends = [
    Math.min(0.25, ...points.map(({ intensity }) => intensity / 2)),
    peak / bandwidth,
    Math.max((8 * peak) / bandwidth, ...points.map(({ intensity }) => intensity * 2)),
  ];
  const x = {
    field: "intensity",
    type: "quantitative",
    scale: { type: "log", nice: false },
    title: "operations per byte",
    axis: { grid: true, gridOpacity: 0.3 },
  };
  const y = {
    field: "rate",
    type: "quantitative",
    scale: { type: "log" },
    title: "GFLOP/s",
    axis: { grid: true, gridOpacity: 0.3 },
  };
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    width: 640,
    height: 380,
    background: "white",
    title: {
      text: "What the machine allows, and what was reached",
      subtitle: machine.split("; "),
      anchor: "start",
    },
    layer: [
      {
        data: {
          values: ends.map((intensity) => ({ intensity, rate: Math.min(peak, intensity * bandwidth) })),
        },
        mark: { type: "line", color: "#444", strokeWidth: 2 },
        encoding: { x, y },
      },
      {
        data: { values: dispatches },
        mark: { type: "point", size: 60, opacity: 0.8, strokeWidth: 1.5 },
        encoding: {
          x,
          y,
          color: {
            field: "name",
            type: "nominal",
            title: ["dispatches of wgsl f32,", "at the roof"],
            legend: { titleLimit: 0 },
          },
        },
      },
      {
        data: { values: contestants },
        mark: { type: "point", shape: "diamond", filled: true, size: 110, color: "#b3261e" },
        encoding: { x, y },
      },
      {
        data: { values: contestants },
        mark: { type: "text", align: "left", dx: 9, fontSize: 11 },
        encoding: { x, y, text: { field: "name" } },
      },
    ],
    config: { view: { stroke: null } },
  };
}
