import { describe, expect, test } from "@jest/globals";
import { inferPublishedConfig, listBackboneParameters, listStages } from "../../src/sdk/backbone/index.js";
import { readReference } from "../support/reference.js";
import { compactConfig, paperConfig } from "./networks.js";

function countParameters(config: typeof paperConfig): number {
  return listBackboneParameters(config)
    .map(({ shape }) => shape.reduce((product, size) => product * size, 1))
    .reduce((sum, size) => sum + size, 0);
}

describe("listBackboneParameters", () => {
  test("counts 68.87 M parameters at the paper's size", () => {
    expect(countParameters(paperConfig) / 1e6).toBeCloseTo(68.87, 2);
  });

  test("names exactly the tensors of a published checkpoint, in their shapes", () => {
    const file = readReference("stage1.weights.safetensors");
    const listed = listBackboneParameters(inferPublishedConfig(file)).map(({ name, shape }) => [name, shape]);
    const stored = [...file.tensors].map(([name, { shape }]) => [name, shape]);
    expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(stored));
  });

  test("adds a shift, and modulators in the decoder, where the config asks for them", () => {
    const names = listBackboneParameters(compactConfig).map(({ name }) => name);
    const without = {
      ...compactConfig,
      modulator: { ...compactConfig.modulator, decoder: false, shift: false },
    };
    const added = names.filter(
      (name) => !listBackboneParameters(without).some((other) => other.name === name),
    );
    const modulator = ["norm", "conv1.conv", "conv2.conv", "conv3.conv", "conv4.conv"];
    const expected = [
      ...["encoders.0", "encoders.1", "middle_blks", "decoders.0", "decoders.1"].map(
        (path) => `${path}.shift.conv`,
      ),
      ...["decoders.0", "decoders.1"].flatMap((path) => modulator.map((part) => `${path}.${part}`)),
    ].flatMap((path) => [`${path}.weight`, `${path}.bias`]);
    expect(added.sort()).toEqual([...expected, "decoders.0.beta", "decoders.1.beta"].sort());
  });

  test("never makes a bottleneck narrower than the config's minimum", () => {
    const bottlenecks = listBackboneParameters(compactConfig)
      .filter(({ name }) => name.endsWith(".conv3.conv.bias") && !name.includes(".blocks."))
      .map(({ shape }) => shape[0]);
    expect(new Set(bottlenecks)).toEqual(new Set([4]));
  });
});

test("stages lie at the level of their resolution", () => {
  expect(listStages(compactConfig).map(({ path, level, channels }) => [path, level, channels])).toEqual([
    ["encoders.0", 0, 4],
    ["encoders.1", 1, 8],
    ["middle_blks", 2, 16],
    ["decoders.0", 1, 8],
    ["decoders.1", 0, 4],
  ]);
});

describe("inferPublishedConfig", () => {
  test.each(["stage1.weights.safetensors", "stage2.weights.safetensors", "stage2.weights.pth"])(
    "reads the network's sizes off %s",
    (name) => {
      expect(inferPublishedConfig(readReference(name))).toEqual({
        ...paperConfig,
        width: 16,
        encoderBlocks: [1, 2],
        decoderBlocks: [1, 1],
      });
    },
  );

  test("says which tensor it misses in another network's file", () => {
    expect(() => inferPublishedConfig(readReference("router.weights.safetensors"))).toThrow(
      "not a checkpoint of LoRA-IR's restorer: intro.conv.weight is missing",
    );
  });
});
