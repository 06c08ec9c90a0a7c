/** The program of a thread that measures the recipes, since they take twenty times as long within Jest's sandbox. */
import { parentPort, workerData } from "node:worker_threads";
import type { PixelImage } from "../../src/sdk/image/index.js";
import { degrade, type Fault } from "../../src/sdk/training/index.js";
import { greyPicture, scenePicture, texturedPicture } from "./pictures.js";

/** What is to be measured. */
export interface RecipesToMeasure {
  readonly width: number;
  readonly height: number;
  readonly faults: readonly Fault[];
  /** On how many pictures, each damaged with another seed, the means are taken. */
  readonly seeds: number;
}

/** Numbers that tell a recipe's strength, coverage, grain, colour and smoothness: those that `make_statistics.py` takes. */
export type Measures = Readonly<Record<string, number>>;

const { width, height, faults, seeds } = workerData as RecipesToMeasure;
const pictures = [texturedPicture(width, height), greyPicture(width, height), scenePicture(width, height)];
parentPort!.postMessage(faults.map(meansOf));

function meansOf(fault: Fault): Measures {
  const sums: Record<string, number> = {};
  for (let seed = 0; seed < seeds; seed++) {
    const picture = pictures[seed % pictures.length]!;
    for (const [name, value] of Object.entries(measure(picture, degrade(picture, [fault], seed)))) {
      sums[name] = (sums[name] ?? 0) + value / seeds;
    }
  }
  return sums;
}

function measure({ data: clean }: PixelImage, { data }: PixelImage): Measures {
  const count = data.length;
  const line = width * 3;
  const change = Float64Array.from(data, (value, index) => (value - clean[index]!) / 255);
  const mean = total(change) / count;
  const centred = change.map((value) => value - mean);
  const squares = total(centred.map((value) => value * value)) / count;
  let covered = 0;
  let cast = 0;
  let gradientX = 0;
  let gradientY = 0;
  let products = 0;
  for (let index = 0; index < count; index++) {
    if ((index % line) + 3 < line) {
      gradientX += Math.abs(data[index + 3]! - data[index]!);
      products += centred[index]! * centred[index + 3]!;
    }
    if (index + line < count) gradientY += Math.abs(data[index + line]! - data[index]!);
    if (index % 3 > 0) continue;
    const [r, g, b] = [change[index]!, change[index + 1]!, change[index + 2]!];
    if (Math.max(Math.abs(r), Math.abs(g), Math.abs(b)) > 0.02) covered++;
    cast += r - b;
  }
  const pairs = count - 3 * height;
  return {
    brightness: mean,
    deviation: Math.sqrt(squares),
    coverage: covered / (width * height),
    detail: gradientX / pairs / 255 + gradientY / (count - line) / 255,
    cast: cast / (width * height),
    correlation: squares > 1e-9 ? products / pairs / squares : 0,
  };
}

function total(samples: Float64Array): number {
  return samples.reduce((sum, value) => sum + value, 0);
}
