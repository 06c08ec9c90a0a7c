import { describe, expect, test } from "@jest/globals";
import { LimpidError } from "../../src/sdk/base/index.js";
import { Expert, factorShapes, listExpertTargets } from "../../src/sdk/experts/index.js";
import { HostTensor } from "../../src/sdk/weights/index.js";
import { compactConfig, paperConfig } from "../backbone/networks.js";
import { randomExpertFile, someSha256 } from "./expert-files.js";

function refusal(change: (file: ReturnType<typeof randomExpertFile>) => void): LimpidError {
  const file = randomExpertFile(compactConfig);
  change(file);
  try {
    Expert.fromTensorFile(file, compactConfig);
  } catch (error) {
    if (LimpidError.is(error, "ExpertMismatch")) return error;
    throw error;
  }
  throw new Error("the file was accepted");
}

describe("listExpertTargets", () => {
  test("names the five 1x1 convolutions of every block, or every convolution", () => {
    const paths = listExpertTargets(compactConfig).map(({ path }) => path);
    const blocks = [
      "encoders.0.blocks.0",
      "encoders.1.blocks.0",
      "encoders.1.blocks.1",
      "middle_blks.blocks.0",
    ];
    const all = [...blocks, "decoders.0.blocks.0", "decoders.1.blocks.0"];
    const layers = ["conv1", "sca.1", "conv3", "conv4", "conv5"];
    expect(paths).toEqual(all.flatMap((block) => layers.map((layer) => `${block}.${layer}`)));
    const everywhere = listExpertTargets({ ...compactConfig, expertTargets: "all" }).map(({ path }) => path);
    expect(everywhere).toEqual(
      expect.arrayContaining([
        "intro",
        "ending",
        "intro_de.2",
        "downs.1",
        "ups.0.0",
        "encoders.0.conv1",
        "decoders.0.shift",
      ]),
    );
    expect(everywhere).toContain("encoders.0.blocks.0.conv2");
  });

  test("gives an expert of rank 8 the published 4.262 M parameters at the paper's size", () => {
    const sizes = listExpertTargets(paperConfig).map((target) => {
      const { a, b } = factorShapes(target, 8);
      return a[0] * a[1] + b[0] * b[1];
    });
    expect(sizes.reduce((sum, size) => sum + size, 0) / 1e6).toBeCloseTo(4.262, 3);
  });
});

describe("Expert.fromTensorFile", () => {
  test("reads an expert", () => {
    const file = randomExpertFile(compactConfig);
    const expert = Expert.fromTensorFile(file, compactConfig);
    expect(expert).toMatchObject({
      id: "limpid.derain",
      base: { id: "limpid.test", sha256: someSha256 },
      rank: 2,
      alpha: 4,
      degradations: ["rain"],
    });
    expect([...expert.factors.keys()]).toEqual(listExpertTargets(compactConfig).map(({ path }) => path));
    const bytes = [...file.tensors.values()].reduce((sum, tensor) => sum + tensor.bytes.length, 0);
    expect(expert.byteSize).toBe(bytes);
  });

  test("accepts one that changes fewer layers than it could", () => {
    const { tensors, metadata } = randomExpertFile(compactConfig);
    const some = new Map([...tensors].filter(([name]) => name.startsWith("middle_blks.blocks.0.conv1.")));
    const expert = Expert.fromTensorFile({ tensors: some, metadata }, compactConfig);
    expect([...expert.factors.keys()]).toEqual(["middle_blks.blocks.0.conv1"]);
  });

  test("refuses with a report of every unmatched name and every misfit", () => {
    const tensor = HostTensor.fromFloat32([2, 4], new Float32Array(8), "F16");
    const error = refusal(({ tensors }) => {
      tensors.set("encoders.0.blocks.0.conv2.lora_A", tensor); // depthwise: no target here
      tensors.set("encoders.9.blocks.0.conv1.lora_B", tensor);
      tensors.delete("middle_blks.blocks.0.conv1.lora_B");
      tensors.set("middle_blks.blocks.0.conv3.lora_A", tensor);
    });
    expect(error.details).toEqual({
      expert: "limpid.derain",
      unmatched: ["encoders.0.blocks.0.conv2.lora_A", "encoders.9.blocks.0.conv1.lora_B"],
      faults: [
        "middle_blks.blocks.0.conv1.lora_B is missing, though its partner is there",
        "middle_blks.blocks.0.conv3.lora_A has shape [2, 4], expected [2, 16]",
        "encoders.0.blocks.0.conv2.lora_A is no layer that experts of this base may change",
        "encoders.9.blocks.0.conv1.lora_B is no layer that experts of this base may change",
      ],
    });
    expect(error.message).toMatch(/^expert limpid\.derain does not fit: middle_blks/);
  });

  test.each([
    ["limpid.format", "2", "limpid.format is 2, this version reads 1"],
    ["limpid.format", undefined, "limpid.format is missing from the metadata"],
    ["limpid.expert", undefined, "limpid.expert is missing from the metadata"],
    ["limpid.base.sha256", undefined, "limpid.base.sha256 is missing from the metadata"],
    ["limpid.rank", "two", "limpid.rank is two"],
    ["limpid.rank", "0", "limpid.rank is 0"],
    ["limpid.alpha", "Infinity", "limpid.alpha is Infinity"],
    ["limpid.degradations", "rain", "limpid.degradations is rain, expected a JSON list of strings"],
    ["limpid.degradations", "[1]", "limpid.degradations is [1], expected a JSON list of strings"],
  ])("refuses metadata with %s = %s", (name, value, fault) => {
    const error = refusal(({ metadata }) => {
      metadata[name] = value ?? "";
    });
    expect(error.details.faults).toContain(fault);
  });

  test("refuses a file without factors", () => {
    expect(refusal(({ tensors }) => { tensors.clear(); }).details.faults).toEqual(["the file holds no factors"]); // prettier-ignore
  });
});

test("an expert says which base it belongs to", () => {
  const expert = Expert.fromTensorFile(randomExpertFile(compactConfig), compactConfig);
  expect(() => { expert.requireBase(someSha256); }).not.toThrow(); // prettier-ignore
  expect(() => {
    expert.requireBase("f00");
  }).toThrow(
    // prettier-ignore
    `expert limpid.derain was made for base limpid.test (${someSha256}), not for this one (f00)`,
  );
});
