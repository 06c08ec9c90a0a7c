import { join } from "node:path";
import { createLimpid } from "limpid";
import { modelFromDirectory, nodeTileWorkers } from "limpid/node";
import { listBackboneParameters, listStages, type BackboneConfig } from "../../../src/sdk/backbone/index.js";
import { instantiateKernels, WasmExecutor } from "../../../src/sdk/engine/index.js";
import { PixelImage } from "../../../src/sdk/image/index.js";
import { markdownTable } from "../src/markdown-table.js";
import { readBenchModel } from "./contestants/model.js";
import { describeMachine } from "./describe-machine.js";
import { readModelFile, type BenchPlaces } from "./places.js";
import { formatSpread } from "./statistics.js";
import { makeEmbedding, makeTestImage } from "./test-image.js";

/** What is measured. */
export interface KernelOptions {
  /** Sides of tiles, in pixels. */
  readonly sizes: readonly number[];
  /** Sizes of photos that are restored whole, in megapixels. */
  readonly megapixels: readonly number[];
  /** Numbers of workers that restore them. */
  readonly workers: readonly number[];
  /** Told what is being done. */
  readonly say: (line: string) => void;
}

const rounds = 5;

/**
 * What the WebAssembly kernels reach: the share of a core's multiply-adds, whole photos by the clock, and the peak of memory.
 *
 * @param options - which tiles and photos
 * @param places - where the model is
 * @returns Markdown
 */
export async function measureKernels(options: KernelOptions, places: BenchPlaces): Promise<string> {
  const runtime = `Node ${process.version.slice(1)}`;
  const flags = process.execArgv.concat(process.env.NODE_OPTIONS ?? []).filter(Boolean);
  return `${[
    describeMachine([runtime, ...flags].join(" ")),
    `Tiles with measured attention, one thread, the median of ${rounds} and the range; the peak is a loop in registers in the same build, in turns with the tiles:`,
    await tableOfTiles(options, places),
    "Photos of 4:3 through the whole of `restore`, by the clock, without experts; the most memory that the process has had until then:",
    await tableOfPhotos(options, places),
  ].join("\n\n")}\n`;
}

async function tableOfTiles({ sizes, say }: KernelOptions, places: BenchPlaces): Promise<string> {
  const model = await readBenchModel((path) => readModelFile(places, path));
  const executor = await WasmExecutor.prepare(model.base, model.config);
  const kernels = instantiateKernels(executor.machineOptions.module, new WebAssembly.Memory({ initial: 1 }));
  const perPixel = multiplyAddsPerPixel(model.config);
  const rows: string[][] = [];
  for (const side of sizes) {
    say(`tiles of ${side}`);
    const run = executor.begin([], makeEmbedding(model.config.embeddingSize));
    const tile = makeTestImage(side);
    await run.measure([tile]);
    await run.restore(tile);
    const [times, peaks]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      const started = performance.now();
      await run.restore(tile);
      times.push(((performance.now() - started) * 1000) / side ** 2);
      const loop = performance.now();
      kernels.multiplyAddInRegisters(5_000_000);
      peaks.push((48 * 5_000_000) / (performance.now() - loop) / 1e6);
    }
    run.dispose();
    const rates = times.map((time) => perPixel / time / 1000);
    const shares = rates.map((rate, round) => (100 * rate) / peaks[round]!);
    rows.push([`${side}`, ...[times, rates, peaks, shares].map(formatSpread)]);
  }
  executor.dispose();
  const head = ["tile", "us a pixel", "billion multiply-adds a second", "peak, billion a second", "share, %"];
  return markdownTable([head, ...rows]);
}

async function tableOfPhotos(
  { megapixels, workers, say }: KernelOptions,
  places: BenchPlaces,
): Promise<string> {
  const rows: string[][] = [];
  // The smallest first: memory is the most that the process has ever had.
  for (const size of [...megapixels].sort((a, b) => a - b)) {
    const height = Math.round(Math.sqrt(size * 0.75e6));
    const image = paint(Math.round((height * 4) / 3), height);
    for (const count of workers) {
      say(`${size} megapixels, ${count} workers`);
      const limpid = await createLimpid({
        model: modelFromDirectory(join(places.root, "models")),
        backend: "wasm",
        tileWorkers: { factory: nodeTileWorkers(), count },
      });
      const seconds: number[] = [];
      let tiles = 0;
      for (let round = 0; round < 3; round++) {
        const result = await limpid.restore(image, { experts: [] });
        seconds.push(result.timings.total / 1000);
        tiles = result.tiles;
      }
      limpid.dispose();
      const memory = (process.resourceUsage().maxRSS * 1024) / 1e6;
      rows.push([`${size}`, `${count}`, `${tiles}`, formatSpread(seconds), memory.toFixed(0)]);
    }
  }
  return markdownTable([["megapixels", "workers", "tiles", "s", "memory, MB"], ...rows]);
}

/** Multiply-adds of the convolutions for a pixel of the image. */
function multiplyAddsPerPixel(config: BackboneConfig): number {
  const { unshuffle = 1 } = config;
  const stages = listStages(config);
  let sum = 0;
  for (const { name, shape, kind } of listBackboneParameters(config)) {
    // Modulators and channel attention are computed once for an image.
    if (
      kind === "vector" ||
      kind === "scale" ||
      /^intro_de|\.sca\.|^[^.]+(\.\d+)?\.(conv\d|shift)\./.test(name)
    ) {
      continue;
    }
    const down = /^downs\.(\d+)/.exec(name);
    const up = /^ups\.(\d+)/.exec(name);
    const level = down
      ? Number(down[1]) + 1
      : up
        ? config.encoderBlocks.length - Number(up[1])
        : (stages.find(({ path }) => name.startsWith(`${path}.`))?.level ?? 0);
    sum += shape.reduce((product, length) => product * length, 1) / 4 ** level;
  }
  return sum / unshuffle ** 2;
}

function paint(width: number, height: number): PixelImage {
  const { rgb } = makeTestImage(64);
  const data = new Uint8Array(width * height * 3);
  for (let index = 0; index < data.length; index++) {
    const [x, y] = [Math.floor(index / 3) % width, Math.floor(index / 3 / width)];
    data[index] = 255 * Math.min(1, Math.max(0, rgb[((y % 64) * 64 + (x % 64)) * 3 + (index % 3)]!));
  }
  return new PixelImage({ width, height, channels: 3, data });
}
