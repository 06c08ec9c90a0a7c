import { describe, expect, test } from "@jest/globals";
import {
  DgRouter,
  inferClipVisionConfig,
  inferDgRouterConfig,
  listClipVisionTensors,
} from "../../src/sdk/router/index.js";
import { HostTensor, type TensorFile } from "../../src/sdk/weights/index.js";
import { errorOf, expectNoLeaks } from "../support/index.js";
import { readReference } from "../support/reference.js";
import { describeDgRouter } from "./dg-router-suite.js";

describeDgRouter("cpu");
describeDgRouter("wasm");

const file = readReference("router.weights.safetensors");
const prefix = "clip_model.vision_tower.";

/** The router's file with some tensors replaced or left out. */
function changed(change: (tensors: Map<string, HostTensor>) => void): TensorFile {
  const tensors = new Map(file.tensors);
  change(tensors);
  return { tensors, metadata: {} };
}

describe("inferDgRouterConfig", () => {
  test("reads sizes off the tensors, and the rest off the published config", () => {
    const tower = {
      imageSize: 56,
      patchSize: 14,
      hiddenSize: 64,
      intermediateSize: 256,
      layers: 3,
      heads: 4,
      projectionSize: 32,
      activation: "quick_gelu",
    };
    const published = JSON.parse(file.metadata.config!) as Record<string, unknown>;
    expect(inferDgRouterConfig(file, published)).toEqual({
      tower,
      hiddenSize: 32,
      embeddingSize: 16,
      classes: 4,
    });
    expect(inferDgRouterConfig(file).tower).toEqual({ ...tower, heads: 1 });
    expect(inferDgRouterConfig(file, { image_size: 60 }).tower.imageSize).toBe(60);
  });

  test("finds CLIP ViT-L/14-336 to have 16 heads of 64 channels and 304.3 M parameters", () => {
    const vitLarge = {
      imageSize: 336,
      patchSize: 14,
      hiddenSize: 1024,
      intermediateSize: 4096,
      layers: 24,
      heads: 16,
      projectionSize: 768,
      activation: "quick_gelu",
    } as const;
    const needed = listClipVisionTensors(vitLarge);
    const count = needed.reduce(
      (sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1),
      0,
    );
    expect(count / 1e6).toBeCloseTo(304.3, 1);
    // Tensors without memory of that size, since only shapes are read.
    const tensors = new Map(needed.map(({ name, shape }) => [name, { shape } as unknown as HostTensor]));
    expect(inferClipVisionConfig({ tensors, metadata: {} })).toEqual(vitLarge);
  });

  test.each([
    [{ num_attention_heads: 5 }, "5 attention heads do not divide 64 channels"],
    [{ hidden_act: "relu" }, 'activation "relu" is neither quick_gelu nor gelu'],
    [{ image_size: 70 }, "an image of 70 pixels has not 4 patches of 14 along a side"],
  ])("refuses %j", (published, problem) => {
    const error = errorOf(() => inferDgRouterConfig(file, published));
    expect([error.code, error.details.problems]).toEqual(["InvalidConfig", [problem]]);
  });

  test("refuses position embeddings that are no square", () => {
    const positions = HostTensor.fromFloat32([16, 64], new Float32Array(1024));
    const name = `${prefix}vision_model.embeddings.position_embedding.weight`;
    const error = errorOf(() => inferDgRouterConfig(changed((tensors) => tensors.set(name, positions))));
    expect(error.message).toContain(
      "16 position embeddings are not those of a square of patches and a class token",
    );
  });

  test("says which network it misses in another file", () => {
    const restorer = readReference("stage1.weights.safetensors");
    expect(errorOf(() => inferDgRouterConfig(restorer)).message).toBe(
      "not a checkpoint of LoRA-IR's router: its head is missing",
    );
    const headOnly = changed((tensors) => {
      for (const name of tensors.keys()) if (name.startsWith(prefix)) tensors.delete(name);
    });
    expect(errorOf(() => inferDgRouterConfig(headOnly)).message).toBe(
      "not a CLIP vision tower: vision_model.embeddings.class_embedding is missing",
    );
  });
});

describe("DgRouter.fromTensorFile", () => {
  const config = inferDgRouterConfig(file);

  test("passes over the buffer of positions that some versions save", () => {
    const positions = HostTensor.fromFloat32([1, 17], new Float32Array(17));
    const withBuffer = changed((tensors) =>
      tensors.set(`${prefix}vision_model.embeddings.position_ids`, positions),
    );
    const router = DgRouter.fromTensorFile(withBuffer, config);
    const { byteSize } = router;
    router.dispose();
    expect(byteSize).toBe(4 * [...file.tensors.values()].reduce((sum, tensor) => sum + tensor.size, 0));
  });

  test.each([
    ["the vision tower", `${prefix}vision_model.post_layernorm.bias`, "vision_model.post_layernorm.bias"],
    ["the router's head", "cls_head.bias", "cls_head.bias"],
  ])("lists what does not fit %s, and leaves nothing behind", async (network, name, shown) => {
    const tensor = HostTensor.fromFloat32([2], new Float32Array(2));
    await expectNoLeaks(() => {
      const missing = errorOf(() =>
        DgRouter.fromTensorFile(
          changed((tensors) => tensors.delete(name)),
          config,
        ),
      );
      expect([missing.code, missing.details.missing]).toEqual(["WeightsCorrupt", [shown]]);
      const misfit = errorOf(() =>
        DgRouter.fromTensorFile(
          changed((tensors) => tensors.set(name, tensor)),
          config,
        ),
      );
      expect(misfit.message).toMatch(`the weights do not fit ${network}: ${shown} [2], expected [`);
    });
  });

  test("refuses tensors that are neither the tower's nor the head's", () => {
    const tensor = HostTensor.fromFloat32([2], new Float32Array(2));
    const error = errorOf(() =>
      DgRouter.fromTensorFile(
        changed((tensors) => tensors.set("text_model.x", tensor)),
        config,
      ),
    );
    expect(error.details.unknown).toEqual(["text_model.x"]);
  });
});
