import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { LimpidError } from "../../src/sdk/base/index.js";
import { backboneStride, validateBackboneConfig } from "../../src/sdk/backbone/index.js";
import { compactConfig, paperConfig, squareConfig } from "./networks.js";

function problemsOf(json: unknown): unknown {
  try {
    validateBackboneConfig(json);
  } catch (error) {
    if (LimpidError.is(error, "InvalidConfig")) return error.details.problems;
    throw error;
  }
  return undefined;
}

describe("validateBackboneConfig", () => {
  test("gives a config back as it was, frozen", () => {
    for (const config of [compactConfig, paperConfig, squareConfig]) {
      const validated = validateBackboneConfig(JSON.parse(JSON.stringify(config)));
      expect(validated).toEqual(config);
      expect(Object.isFrozen(validated)).toBe(true);
      expect(Object.isFrozen(validated.modulator)).toBe(true);
      expect(Object.isFrozen(validated.encoderBlocks)).toBe(true);
    }
  });

  test("lists every fault at once", () => {
    const json: Record<string, unknown> = {
      ...compactConfig,
      middleBlocks: -1,
      encoderBlocks: [1, 0.5],
      expertTargets: "some",
      depth: 3,
      modulator: { ...compactConfig.modulator, shift: 1 },
    };
    delete json.width;
    expect(problemsOf(json)).toEqual([
      "config.width is missing, expected an integer from 1 to 65536",
      "config.encoderBlocks is [1,0.5], expected 1 to 8 integers from 0 to 256",
      "config.middleBlocks is -1, expected an integer from 0 to 256",
      "config.modulator.shift is 1, expected true or false",
      'config.expertTargets is "some", expected "all" or "pointwise"',
      "config.depth is unknown",
      "config.encoderBlocks has 0 levels, config.decoderBlocks 2: they must be as many",
    ]);
  });

  test("refuses encoders and decoders of different depth", () => {
    expect(problemsOf({ ...compactConfig, decoderBlocks: [1] })).toEqual([
      "config.encoderBlocks has 2 levels, config.decoderBlocks 1: they must be as many",
    ]);
  });

  test.each([null, [], "config", 1, undefined])("refuses %j, which is no object", (json) => {
    expect(problemsOf(json)).toContain("config is not an object");
  });

  test("never fails otherwise, whatever the JSON", () => {
    const fields = fc.record(
      Object.fromEntries(Object.keys(compactConfig).map((name) => [name, fc.jsonValue()])),
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fields, (json) => problemsOf(json) === undefined || Array.isArray(problemsOf(json))),
    );
  });
});

test("squares have sides of two or four pixels", () => {
  for (const unshuffle of [1, 3, "2", null]) {
    expect(problemsOf({ ...compactConfig, unshuffle })).toEqual([
      `config.unshuffle is ${JSON.stringify(unshuffle)}, expected 2 or 4`,
    ]);
  }
});

test("the stride is a factor of two per level, times the side of a square", () => {
  expect(backboneStride(compactConfig)).toBe(4);
  expect(backboneStride(paperConfig)).toBe(16);
  expect(backboneStride(squareConfig)).toBe(8);
});
