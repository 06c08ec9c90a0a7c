import { join } from "node:path";
import { middleOf, readPhoto } from "../src/evaluate/photo.js";
import { chooseTasks } from "../src/evaluate/tasks.js";
import { findImages } from "../../cli/src/find-images.js";
import { modelFromDirectory } from "../../../src/node/index.js";
import { psnr, type PixelImage } from "../../../src/sdk/image/index.js";
import { createLimpid, type Limpid } from "../../../src/sdk/limpid/index.js";
import { markdownTable } from "../src/markdown-table.js";
import { describeMachine } from "./describe-machine.js";
import type { BenchPlaces } from "./places.js";
import { meanOf } from "./statistics.js";

/** What is restored in both precisions. */
export interface PrecisionOptions {
  /** A folder of clean photos. */
  readonly photos: string;
  readonly limit: number;
  /** Side of the crop from the middle of each, in pixels. */
  readonly side: number;
  /** Tasks of `limpid evaluate`. */
  readonly tasks: readonly string[];
}

/**
 * Restores damaged crops by the whole pipeline in single precision and in half, on WebGPU.
 *
 * @param options - which
 * @param places - where the model is
 * @returns Markdown: PSNR to the clean crop for both, and what half precision costs
 */
export async function comparePrecisions(options: PrecisionOptions, places: BenchPlaces): Promise<string> {
  const { signal } = new AbortController();
  const { images } = await findImages([options.photos], signal);
  const photos: PixelImage[] = [];
  for (const { path } of images.slice(0, options.limit)) {
    photos.push(middleOf(await readPhoto(path, signal), options.side));
  }
  const tasks = chooseTasks(options.tasks);
  const damaged = tasks.map((task) => photos.map((photo, index) => task.damage(photo, index)));
  // One analysis for both, so that they differ in the backbone alone.
  const analyst = await open("wasm", places);
  const analyses = [];
  for (const pictures of damaged) {
    const ofTask = [];
    for (const picture of pictures) ofTask.push(await analyst.analyze(picture));
    analyses.push(ofTask);
  }
  analyst.dispose();
  const results: Record<"f32" | "f16", number[][]> = { f32: [], f16: [] };
  for (const precision of ["f32", "f16"] as const) {
    const limpid = await withHalfFloats(precision === "f16", () => open("webgpu", places));
    for (const [row, pictures] of damaged.entries()) {
      const ofTask: number[] = [];
      for (const [column, picture] of pictures.entries()) {
        const { image } = await limpid.restore(picture, { analysis: analyses[row]![column]! });
        ofTask.push(psnr(image, photos[column]!));
      }
      results[precision].push(ofTask);
    }
    limpid.dispose();
  }
  const adapter = await navigator.gpu.requestAdapter();
  const table = tasks.map(({ name }, row) => {
    const [single, half] = [results.f32[row]!, results.f16[row]!];
    const differences = half.map((value, index) => value - single[index]!);
    const greatest = differences.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
    return [
      name,
      meanOf(damaged[row]!.map((picture, index) => psnr(picture, photos[index]!))).toFixed(2),
      meanOf(single).toFixed(4),
      meanOf(half).toFixed(4),
      signed(meanOf(differences)),
      signed(greatest),
    ];
  });
  return [
    `${describeMachine(`WebGPU on ${adapter?.info.description}`)}. ${photos.length} crops of ${options.side} x ${options.side}, PSNR in dB, experts chosen by the router.`,
    markdownTable([
      ["task", "input", "f32", "f16", "f16 - f32", "the crop with the greatest difference"],
      ...table,
    ]),
    "",
  ].join("\n\n");
}

function open(backend: "wasm" | "webgpu", { root }: BenchPlaces): Promise<Limpid> {
  return createLimpid({ model: modelFromDirectory(join(root, "models")), backend });
}

/** Makes devices as if the adapter had no half floats, or as it is. */
async function withHalfFloats<T>(hasThem: boolean, run: () => Promise<T>): Promise<T> {
  if (hasThem) return run();
  const { gpu } = navigator;
  const request = gpu.requestAdapter.bind(gpu);
  gpu.requestAdapter = async (options) => {
    const adapter = await request(options);
    const names = [...(adapter?.features ?? [])].filter((name) => name !== "shader-f16");
    return adapter && Object.defineProperty(adapter, "features", { value: new Set(names) });
  };
  try {
    return await run();
  } finally {
    gpu.requestAdapter = request;
  }
}

/** Four digits; no zero below zero. */
function signed(value: number): string {
  return (Math.round(value * 1e4) / 1e4 + 0).toFixed(4);
}
