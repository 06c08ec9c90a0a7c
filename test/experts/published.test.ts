import { describe, expect, test } from "@jest/globals";
import { inferPublishedConfig } from "../../src/sdk/backbone/index.js";
import { LimpidError } from "../../src/sdk/base/index.js";
import { listExpertTargets, publishedBase, publishedExperts } from "../../src/sdk/experts/index.js";
import { HostTensor, type TensorFile } from "../../src/sdk/weights/index.js";
import { readReference } from "../support/reference.js";
import { stackExperts } from "./expert-files.js";

const file = readReference("stage2.weights.safetensors");
const config = inferPublishedConfig(file);

function faultsOf(change: (tensors: Map<string, HostTensor>) => void): Record<string, unknown> {
  const tensors = new Map(file.tensors);
  change(tensors);
  try {
    publishedExperts({ tensors, metadata: {} }, config);
  } catch (error) {
    if (LimpidError.is(error, "ExpertMismatch")) return error.details;
    throw error;
  }
  throw new Error("the checkpoint was accepted");
}

describe("publishedExperts", () => {
  test.each(["stage2.weights.safetensors", "stage2.weights.pth"])("splits the lists of %s", (name) => {
    const experts = publishedExperts(readReference(name), config);
    expect(experts.map(({ id, rank, alpha, base }) => ({ id, rank, alpha, base }))).toEqual(
      ["0", "1", "2", "3"].map((id) => ({ id, rank: 4, alpha: 8, base: undefined })),
    );
    const paths = listExpertTargets(config).map(({ path }) => path);
    for (const expert of experts) expect([...expert.factors.keys()]).toEqual(paths);
    const parts: TensorFile[] = experts.map(({ factors }) => ({
      tensors: new Map([...factors].flatMap(([path, { a, b }]) => [[`${path}.lora_A`, a], [`${path}.lora_B`, b]])), // prettier-ignore
      metadata: {},
    }));
    for (const [list, { shape, bytes }] of stackExperts(parts)) {
      expect(shape).toEqual(file.tensors.get(list)!.shape);
      expect(Buffer.compare(bytes, file.tensors.get(list)!.bytes)).toBe(0);
    }
  });

  test("scales by an alpha that is known", () => {
    expect(publishedExperts(file, config, { alpha: 3 })[0]!.alpha).toBe(3);
  });

  test("lists what is missing, misshapen or belongs nowhere", () => {
    const tensor = HostTensor.fromFloat32([4, 1], new Float32Array(4));
    const details = faultsOf((tensors) => {
      tensors.delete("ending.lora_B_list");
      tensors.set("downs.1.lora_A_list", tensor);
      tensors.set("downs.7.lora_A_list", tensor);
    });
    expect(details).toEqual({
      faults: [
        "downs.1.lora_A_list has shape [4, 1], expected [4, 8, 64]",
        "ending.lora_B_list is missing",
        "downs.7.lora_A_list belongs to no convolution of this network",
      ],
      unmatched: ["downs.7.lora_A_list"],
    });
  });

  test("says that a stage-1 checkpoint holds no experts", () => {
    expect(() => publishedExperts(readReference("stage1.weights.safetensors"), config)).toThrow(
      "the checkpoint holds no experts",
    );
  });
});

test("publishedBase leaves the experts out and nothing else", () => {
  const names = [...publishedBase(file).tensors.keys()];
  expect(names.sort()).toEqual([...readReference("stage1.weights.safetensors").tensors.keys()].sort());
});
