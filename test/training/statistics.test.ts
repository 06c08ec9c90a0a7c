import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { composeRecipesModule, recipesModulePath } from "../../scripts/recipes-module.mjs";
import { degradationKinds, degradationNames, type Fault } from "../../src/sdk/training/index.js";
import { threadProgram } from "../support/thread-program.js";
import type { Measures, RecipesToMeasure } from "./measure-recipes.js";

/** What the Python recipes made of the same pictures over many seeds: `fixtures/make_statistics.py`. */
interface Statistics {
  readonly width: number;
  readonly height: number;
  readonly seeds: number;
  readonly cases: readonly (Fault & {
    readonly measures: Readonly<Record<string, readonly [mean: number, deviation: number]>>;
  })[];
}

const { width, height, seeds, cases } = JSON.parse(
  readFileSync(new URL("fixtures/statistics.json", import.meta.url), "utf8"),
) as Statistics;
const ownSeeds = 24;

const program = threadProgram("test/training/measure-recipes.ts");
let own: readonly Measures[];

beforeAll(async () => {
  const workerData: RecipesToMeasure = { width, height, faults: cases, seeds: ownSeeds };
  own = await new Promise((resolve, reject) => {
    new Worker(program, { workerData }).once("message", resolve).once("error", reject);
  });
});

test("the ranges are those that the training reads", async () => {
  expect(readFileSync(recipesModulePath, "utf8")).toBe(await composeRecipesModule());
});

test("the statistics cover every recipe and kind", () => {
  const named = degradationNames.flatMap((degradation) =>
    (degradationKinds[degradation] ?? [undefined]).map((kind) => [degradation, kind].join("-")),
  );
  expect(new Set(cases.map(({ degradation, kind }) => [degradation, kind].join("-")))).toEqual(
    new Set(named),
  );
});

describe("recipes draw from the distributions of the Python ones", () => {
  test.each(cases.map((given, index) => ({ ...given, index })))(
    "$degradation $kind at $severity",
    ({ measures, index }) => {
      for (const [name, [mean, deviation]] of Object.entries(measures)) {
        // Four standard errors of the two means' difference, and the fifth digit that the file was rounded to.
        const standardError = deviation * Math.sqrt(1 / ownSeeds + 1 / seeds);
        const difference = Math.abs(own[index]![name]! - mean);
        expect({ name, difference, isNear: difference <= 4 * standardError + 2e-5 }).toMatchObject({
          isNear: true,
        });
      }
    },
  );
});
