import { join } from "node:path";
import { middleOf, readPhoto } from "../src/evaluate/photo.js";
import { chooseTasks } from "../src/evaluate/tasks.js";
import { findImages } from "../../cli/src/find-images.js";
import { markdownTable } from "../src/markdown-table.js";
import { modelFromDirectory, nodeTileWorkers } from "../../../src/node/index.js";
import { backboneStride } from "../../../src/sdk/backbone/index.js";
import { WasmExecutor, type Executor, type ExecutorRun } from "../../../src/sdk/engine/index.js";
import { PixelImage, psnr, readRgb, writeRgb, type Rect } from "../../../src/sdk/image/index.js";
import { createLimpid } from "../../../src/sdk/limpid/index.js";
import { loadModel, planTiles, type LoadedModel } from "../../../src/sdk/restore/index.js";
import { CompactRouter } from "../../../src/sdk/router/index.js";
import { describeMachine } from "./describe-machine.js";
import type { BenchPlaces } from "./places.js";
import { formatSpread, greatestDifference, meanOf } from "./statistics.js";
import { makeEmbedding, makeTestImage } from "./test-image.js";

/** What is restored. */
export interface ScalingOptions {
  /** Sizes of the photos that are restored, in megapixels. */
  readonly megapixels: readonly number[];
  /** Kept sides of tiles, in pixels. */
  readonly tileSizes: readonly number[];
  /** A folder of clean photos, on which margins are compared. */
  readonly photos: string;
  /** Numbers of workers that restore a photo of 1 megapixel by the clock; empty to leave it out. */
  readonly workers: readonly number[];
  /** Told what is being done. */
  readonly say: (line: string) => void;
}

/** Context around a tile, as `src/sdk/restore` reads it, and others that might be, in pixels. */
const margins = [16, 24, 32, 48];
const shippedMargin = 24;
/** Photos whose tiles are counted, in megapixels. */
const countedMegapixels = [1, 4, 12, 24];
/** Side of the middle of each photo on which margins are compared, and of its tiles; and the faults that it is given. */
const comparedSide = 384;
const comparedTile = 128;
const comparedTasks = [
  ...["noise-25", "jpeg-10", "blur-defocus", "rain", "raindrop"],
  ...["haze", "snow", "low-light", "shadow", "inpainting"],
];

/**
 * How the cost of a photo grows with its pixels, with tiles, margins and experts, on WebAssembly.
 *
 * @param options - which photos
 * @param places - where the model is
 * @returns Markdown
 */
export async function measureScaling(options: ScalingOptions, places: BenchPlaces): Promise<string> {
  const model = await loadModel(modelFromDirectory(join(places.root, "models")));
  const { config } = model.manifest.backbone;
  const stride = backboneStride(config);
  const executor = await WasmExecutor.prepare(model.backbone, config);
  const run = executor.begin([], makeEmbedding(config.embeddingSize));
  const parts = [
    `${describeMachine(`Node ${process.version.slice(1)}, WebAssembly`)}. Processor time, since the machine is shared.`,
    "Pixels that are computed for each pixel of the photo, by area:",
    tableOfAreas(options.tileSizes, stride),
  ];
  options.say("margins");
  parts.push(
    `Photos of ${comparedSide} x ${comparedSide} with ten faults in tiles of ${comparedTile} x ${comparedTile} against one tile, with the same statistics, neighbours not blended; cost is what PSNR to the clean photo loses by tiling:`,
    await tableOfMargins(executor, model, stride, options),
  );
  parts.push(
    "A photo through the whole of `restore`, over as many pixels at the rate of one tile of the same source size:",
    await tableOfPhotos(run, options, places),
  );
  run.dispose();
  executor.dispose();
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

/**
 * What tiles cost a restored photo: each of ten faults on each photo, whole and in tiles, which are not blended. The
 * experts are those against the fault, the statistics those of the whole photo.
 */
async function tableOfMargins(
  executor: Executor,
  model: LoadedModel,
  stride: number,
  { photos: folder, say }: ScalingOptions,
): Promise<string> {
  const { signal } = new AbortController();
  const { images } = await findImages([folder], signal);
  const photos = await Promise.all(
    images.map(async ({ path }) => middleOf(await readPhoto(path, signal), comparedSide)),
  );
  const { config, degradations } = model.manifest.router;
  const router = await CompactRouter.prepare(model.router, config, degradations);
  const found = margins.map(() => ({ agreement: [] as number[], cost: [] as number[], greatest: 0 }));
  for (const task of chooseTasks(comparedTasks)) {
    say(`margins: ${task.name}`);
    const { expert } = model.experts.find(({ expert }) =>
      expert.degradations.includes(task.degradations[0]!),
    )!;
    for (const [index, photo] of photos.entries()) {
      const damaged = task.damage(photo, index);
      const { embedding } = await router.analyze(damaged);
      const run = executor.begin([{ expert, weight: 1 }], embedding);
      const side = { x: 0, y: 0, width: photo.width, height: photo.height };
      const whole = { width: side.width, height: side.height, rgb: readRgb(damaged, side) };
      await run.measure([whole]);
      const expected = asImage(side, (await run.restore(whole)).rgb);
      for (const [row, margin] of margins.entries()) {
        const { rows } = planTiles({ ...side, size: comparedTile, margin, stride });
        const tiled = new PixelImage({ ...expected, data: new Uint16Array(expected.data.length) });
        for (const { source, keep } of rows.flat()) {
          const { rgb } = await run.restore({
            width: source.width,
            height: source.height,
            rgb: readRgb(damaged, source),
          });
          const inside = { ...keep, x: keep.x - source.x, y: keep.y - source.y };
          writeRgb(tiled, keep, readRgb(asImage(source, rgb), inside));
        }
        const { agreement, cost } = found[row]!;
        agreement.push(psnr(tiled, expected));
        cost.push(psnr(expected, photo) - psnr(tiled, photo));
        found[row]!.greatest = Math.max(found[row]!.greatest, greatestDifference(tiled.data, expected.data));
      }
      run.dispose();
    }
  }
  return markdownTable([
    ["margin", "agreement dB, mean", "least", "greatest difference, of 255", "cost in dB, mean", "greatest"],
    ...found.map(({ agreement, cost, greatest }, row) => [
      String(margins[row]),
      meanOf(agreement).toFixed(1),
      Math.min(...agreement).toFixed(1),
      (greatest / 257).toFixed(2),
      meanOf(cost).toFixed(4),
      Math.max(...cost).toFixed(4),
    ]),
  ]);
}

/** Pixels of a block as an image of 16 bits. */
function asImage({ width, height }: Pick<Rect, "width" | "height">, rgb: Float32Array): PixelImage {
  const image = new PixelImage({ width, height, channels: 3, data: new Uint16Array(width * height * 3) });
  writeRgb(image, { x: 0, y: 0, width, height }, rgb);
  return image;
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
    ...seconds.map((times, index) => [`${workers[index]}`, formatSpread(times)]),
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
