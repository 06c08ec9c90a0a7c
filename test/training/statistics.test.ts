import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { psnr, type PixelImage } from "../../src/sdk/image/index.js";
import { degradationNames, degrade } from "../../src/sdk/training/index.js";
import { texturedPicture } from "./pictures.js";

/** What the Python recipes made of the same picture over many seeds: `fixtures/make_statistics.py`. */
interface Statistics {
  readonly width: number;
  readonly height: number;
  readonly seeds: number;
  readonly cases: readonly {
    readonly degradation: string;
    readonly severity: number;
    readonly measures: Readonly<Record<string, { readonly mean: number; readonly deviation: number }>>;
  }[];
}

const { width, height, seeds, cases } = JSON.parse(
  readFileSync(new URL("fixtures/statistics.json", import.meta.url), "utf8"),
) as Statistics;

const ownSeeds = 20;
const clean = texturedPicture(width, height);

/** The same numbers that the Python script takes. */
function measure(damaged: PixelImage): Record<string, number> {
  const a = clean.data;
  const b = damaged.data;
  const line = width * 3;
  let sum = 0;
  let squares = 0;
  let covered = 0;
  let gradientX = 0;
  let gradientY = 0;
  for (let pixel = 0; pixel < b.length; pixel += 3) {
    let isCovered = false;
    for (let index = pixel; index < pixel + 3; index++) {
      const change = b[index]! - a[index]!;
      sum += change;
      squares += change ** 2;
      isCovered ||= change > 10 || change < -10;
      if ((index % line) + 3 < line) gradientX += distance(b[index + 3]!, b[index]!);
      if (index + line < b.length) gradientY += distance(b[index + line]!, b[index]!);
    }
    if (isCovered) covered++;
  }
  const count = b.length;
  return {
    psnr: psnr(clean, damaged),
    brightness: total(b) / count / 255,
    coverage: covered / (width * height),
    gradientX: gradientX / (height * (line - 3)) / 255,
    gradientY: gradientY / ((height - 1) * line) / 255,
    change: Math.sqrt(squares / count - (sum / count) ** 2) / 255,
  };
}

function total(samples: Iterable<number>): number {
  let sum = 0;
  for (const sample of samples) sum += sample;
  return sum;
}

function distance(a: number, b: number): number {
  return a < b ? b - a : a - b;
}

test("the statistics cover every recipe", () => {
  expect(new Set(cases.map(({ degradation }) => degradation))).toEqual(new Set(degradationNames));
});

describe("recipes draw from the distributions of the Python ones", () => {
  test.each(cases)("$degradation at $severity", ({ degradation, severity, measures }) => {
    const samples = Array.from({ length: ownSeeds }, (_, seed) =>
      measure(degrade(clean, [{ degradation, severity }], seed)),
    );
    for (const [name, expected] of Object.entries(measures)) {
      const values = samples.map((sample) => sample[name]!);
      const mean = total(values) / ownSeeds;
      // Four and a half standard errors of the two means' difference, and the fifth digit that the file was rounded to.
      const standardError = expected.deviation * Math.sqrt(1 / ownSeeds + 1 / seeds);
      const difference = Math.abs(mean - expected.mean);
      expect({ name, difference, isNear: difference <= 4.5 * standardError + 2e-5 }).toMatchObject({
        isNear: true,
      });
    }
  });
});
