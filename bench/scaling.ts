import { join } from "node:path";
import { modelFromDirectory, nodeTileWorkers } from "../src/node/index.js";
import { TfjsBackend, TfjsExecutor, type ExecutorRun } from "../src/sdk/engine/index.js";
import { PixelImage, readRgb, writeRgb } from "../src/sdk/image/index.js";
import { createLimpid } from "../src/sdk/limpid/index.js";
import { planTiles } from "../src/sdk/restore/index.js";
import { markdownTable } from "../src/cli/markdown-table.js";
import { readBenchModel } from "./contestants/model.js";
import { describeMachine } from "./describe-machine.js";
import { readModelFile, type BenchPlaces } from "./places.js";
import { makeEmbedding, makeTestImage } from "./test-image.js";

/** What is restored. */
export interface ScalingOptions {
  /** Sizes of the photos that are restored, in megapixels. */
  readonly megapixels: readonly number[];
  /** Kept sides of tiles, in pixels. */
  readonly tileSizes: readonly number[];
  /** Numbers of workers that restore a photo of 1 megapixel by the clock; empty to leave it out. */
  readonly workers: readonly number[];
  /** Told what is being done. */
  readonly say: (line: string) => void;
}

/** Context around a tile, as `src/sdk/restore` reads it, and others that might be, in pixels. */
const margins = [16, 24, 32, 48];
const shippedMargin = 32;
/** Photos whose tiles are counted, in megapixels. */
const countedMegapixels = [1, 4, 12, 24];
/** Side of the photo on which margins are compared, and of its tiles. */
const comparedSide = 192;
const comparedTile = 64;

/**
 * How the cost of a photo grows with its pixels, with tiles, margins and experts, on WebAssembly.
 *
 * @param options - which photos
 * @param places - where the model is
 * @returns Markdown
 */
export async function measureScaling(options: ScalingOptions, places: BenchPlaces): Promise<string> {
  const { base, config } = await readBenchModel((path) => readModelFile(places, path));
  const stride = 2 ** config.encoderBlocks.length;
  const backend = await TfjsBackend.start("wasm");
  const executor = new TfjsExecutor(backend, base, config);
  const run = executor.begin([], makeEmbedding(config.embeddingSize));
  const parts = [
    `${describeMachine(`Node ${process.version.slice(1)}, WebAssembly`)}. Processor time, since the machine is shared.`,
    "Pixels that are computed for each pixel of the photo, by area:",
    tableOfAreas(options.tileSizes, stride),
  ];
  options.say("margins");
  parts.push(
    `Tiles of ${comparedTile} x ${comparedTile} against the same ${comparedSide} x ${comparedSide} pixels in one tile, with the same statistics, before neighbours are blended:`,
    await tableOfMargins(run, stride),
  );
  parts.push(
    "A photo through the whole of `restore`, over as many pixels at the rate of one tile of the same source size:",
    await tableOfPhotos(run, options, places),
  );
  run.dispose();
  executor.dispose();
  backend.dispose();
  if (options.workers.length > 0) {
    parts.push(
      "A photo of 1 megapixel in tiles of 256 by the number of workers, by the clock, the median of 3 and the range:",
      await tableOfWorkers(options, places),
    );
  }
  return `${parts.join("\n\n")}\n`;
}

/** Pixels that are computed for each pixel of a photo. */
export function tableOfAreas(tileSizes: readonly number[], stride: number): string {
  const head = ["tile", "margin", ...countedMegapixels.map((size) => `${size} MP`)];
  const rows = tileSizes.flatMap((size) =>
    margins.map((margin) => [
      String(size),
      String(margin),
      ...countedMegapixels.map((megapixels) => {
        const { width, height } = sidesOf(megapixels);
        const { rows: lines } = planTiles({ width, height, size, margin, stride });
        const computed = lines.flat().reduce((sum, { source }) => sum + source.width * source.height, 0);
        return `${(computed / (width * height)).toFixed(2)}x`;
      }),
    ]),
  );
  return markdownTable([head, ...rows]);
}

async function tableOfMargins(run: ExecutorRun, stride: number): Promise<string> {
  const whole = makeTestImage(comparedSide);
  await run.measure([whole]);
  const expected = (await run.restore(whole)).rgb;
  const image = new PixelImage({
    ...{ width: comparedSide, height: comparedSide, channels: 3 },
    data: new Uint16Array(comparedSide ** 2 * 3),
  });
  // Through 16 bits, as a photo comes.
  writeRgb(image, { x: 0, y: 0, width: comparedSide, height: comparedSide }, whole.rgb);
  const rows: string[][] = [];
  for (const margin of margins) {
    const plan = planTiles({
      ...{ width: comparedSide, height: comparedSide, size: comparedTile, margin, stride },
    });
    let [error, greatest] = [0, 0];
    for (const { source, keep } of plan.rows.flat()) {
      const { rgb } = await run.restore({
        ...{ width: source.width, height: source.height },
        rgb: readRgb(image, source),
      });
      for (let y = 0; y < keep.height; y++) {
        const from = ((keep.y - source.y + y) * source.width + keep.x - source.x) * 3;
        const to = ((keep.y + y) * comparedSide + keep.x) * 3;
        for (let index = 0; index < keep.width * 3; index++) {
          const difference = rgb[from + index]! - expected[to + index]!;
          error += difference ** 2;
          greatest = Math.max(greatest, Math.abs(difference));
        }
      }
    }
    const decibels = -10 * Math.log10(error / expected.length);
    rows.push([String(margin), decibels.toFixed(1), (greatest * 255).toFixed(2)]);
  }
  return markdownTable([["margin", "agreement dB", "greatest difference, of 255"], ...rows]);
}

async function tableOfPhotos(
  run: ExecutorRun,
  { megapixels, tileSizes, say }: ScalingOptions,
  { root }: BenchPlaces,
): Promise<string> {
  const limpid = await createLimpid({ model: modelFromDirectory(join(root, "models")), backend: "wasm" });
  const rows: string[][] = [];
  for (const size of megapixels) {
    const { width, height } = sidesOf(size);
    const image = paint(width, height);
    const analysis = await limpid.analyze(image);
    for (const tileSize of tileSizes) {
      if (tileSize > Math.min(width, height)) continue;
      const extent = Math.min(tileSize + 2 * shippedMargin, width, height);
      say(`${size} MP in tiles of ${tileSize}`);
      const tile = makeTestImage(extent - (extent % 8));
      await run.restore(tile);
      // The tile's rate before and after, so that neither sees a quieter machine.
      const before = await processorTimeOf(() => run.restore(tile));
      const photo = await processorTimeOf(() => limpid.restore(image, { experts: [], tileSize, analysis }));
      const after = await processorTimeOf(() => run.restore(tile));
      const rate = (before.milliseconds + after.milliseconds) / 2 / (tile.width * tile.height);
      const perPixel = photo.milliseconds / (width * height);
      rows.push([
        ...[`${size}`, `${tileSize}`, `${photo.value.tiles}`, (rate * 1000).toFixed(2)],
        ...[(perPixel * 1000).toFixed(2), `${(perPixel / rate).toFixed(2)}x`],
      ]);
    }
  }
  const small = paint(64, 64);
  const analysis = await limpid.analyze(small);
  const ids = limpid.experts.list().map(({ id }) => id);
  const costs: string[] = [];
  for (const count of [0, 1, 2, 4]) {
    const experts = ids.slice(0, count).map((id) => ({ id, weight: 0.5 }));
    await limpid.restore(small, { experts, analysis });
    const { milliseconds } = await processorTimeOf(() => limpid.restore(small, { experts, analysis }));
    costs.push(`${count}: ${milliseconds.toFixed(0)} ms`);
  }
  limpid.dispose();
  const table = markdownTable([
    ["megapixels", "tile", "tiles", "one tile, us a pixel", "photo, us a pixel", "overhead"],
    ...rows,
  ]);
  return `${table}\n\nA photo of 64 x 64 by the number of its experts, their merging included: ${costs.join(", ")}.`;
}

/** The second image and those after it: the workers are there, and have the backbone. */
async function tableOfWorkers({ workers, say }: ScalingOptions, { root }: BenchPlaces): Promise<string> {
  const { width, height } = sidesOf(1);
  const image = paint(width, height);
  const instances = await Promise.all(
    workers.map((count) =>
      createLimpid({
        model: modelFromDirectory(join(root, "models")),
        backend: "wasm",
        tileWorkers: { factory: nodeTileWorkers(), count },
      }),
    ),
  );
  const analysis = await instances[0]!.analyze(image);
  const seconds = instances.map((): number[] => []);
  // In turns, so that none of them sees a quieter machine.
  for (let round = 0; round < 4; round++) {
    for (const [index, limpid] of instances.entries()) {
      say(`1 MP, ${workers[index]} workers, round ${round}`);
      const { timings } = await limpid.restore(image, { experts: [], tileSize: 256, analysis });
      if (round > 0) seconds[index]!.push(timings.tiles / 1000);
    }
  }
  instances.forEach((limpid) => limpid.dispose());
  return markdownTable([
    ["workers", "tiles, s"],
    ...seconds.map((times, index) => {
      const [least, median, most] = times.sort((a, b) => a - b).map((time) => time.toFixed(1));
      return [`${workers[index]}`, `${median} (${least} to ${most})`];
    }),
  ]);
}

/** A photo of 4:3 or so. */
function sidesOf(megapixels: number): { width: number; height: number } {
  const height = 8 * Math.round(Math.sqrt((megapixels * 1e6 * 3) / 4) / 8);
  return { width: 8 * Math.round((megapixels * 1e6) / height / 8), height };
}

function paint(width: number, height: number): PixelImage {
  const image = new PixelImage({ width, height, channels: 3, data: new Uint8Array(width * height * 3) });
  const side = 64;
  const { rgb } = makeTestImage(side);
  for (let index = 0; index < image.data.length; index++) {
    const [x, y] = [Math.floor(index / 3) % width, Math.floor(index / 3 / width)];
    image.data[index] =
      255 * Math.min(1, Math.max(0, rgb[((y % side) * side + (x % side)) * 3 + (index % 3)]!));
  }
  return image;
}

async function processorTimeOf<T>(run: () => Promise<T>): Promise<{ value: T; milliseconds: number }> {
  const before = process.cpuUsage();
  const value = await run();
  const { user, system } = process.cpuUsage(before);
  return { value, milliseconds: (user + system) / 1000 };
}
