import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import * as tf from "@tensorflow/tfjs-core";
import { BackboneWeights, listBackboneParameters, toDeviceLayout } from "../../src/sdk/backbone/index.js";
import { HostTensor, tensorBytesSha256 } from "../../src/sdk/weights/index.js";
import { errorOf, expectNoLeaks, useBackend } from "../support/index.js";
import { compactConfig, randomWeights } from "./networks.js";

beforeAll(() => useBackend("cpu"));

const file = randomWeights(compactConfig);

describe("BackboneWeights", () => {
  const weights: BackboneWeights[] = [];
  beforeAll(() => {
    weights.push(BackboneWeights.fromTensorFile(file, compactConfig));
  });
  afterAll(() => {
    weights[0]!.dispose();
  });

  test("counts the bytes of every parameter once", () => {
    const elements = [...file.tensors.values()].reduce((sum, tensor) => sum + tensor.size, 0);
    expect(weights[0]!.byteSize).toBe(4 * elements);
  });

  test("is identified by the bytes of its tensors", () => {
    expect(weights[0]!.sha256).toBe(tensorBytesSha256(file));
  });

  test("has every parameter in the device's layout", () => {
    for (const { name, kind, shape } of listBackboneParameters(compactConfig)) {
      const [outputs, inputs, height, width] = shape;
      expect(weights[0]!.get(name).shape).toEqual(
        {
          convolution: [height, width, inputs, outputs],
          upsampling: [1, 1, inputs, outputs],
          depthwise: [3, 3, outputs, 1],
          vector: [outputs],
          scale: [1, 1, 1, inputs],
        }[kind],
      );
    }
  });

  test("keeps its own copy of the numbers", async () => {
    const own = randomWeights(compactConfig);
    const loaded = BackboneWeights.fromTensorFile(own, compactConfig);
    for (const tensor of own.tensors.values()) tensor.bytes.fill(0);
    const bias = await loaded.get("intro.conv.bias").data();
    loaded.dispose();
    expect(bias).toEqual(file.tensors.get("intro.conv.bias")!.toFloat32());
  });

  test("outlives a tidy around its making, and frees everything when disposed", async () => {
    await expectNoLeaks(() => {
      const loaded: BackboneWeights[] = [];
      tf.tidy(() => {
        loaded.push(BackboneWeights.fromTensorFile(file, compactConfig));
      });
      expect(loaded[0]!.get("intro.conv.bias").isDisposed).toBe(false);
      loaded[0]!.dispose();
      loaded[0]!.dispose();
      expect(loaded[0]!.byteSize).toBe(0);
      expect(errorOf(() => loaded[0]!.get("intro.conv.bias")).code).toBe("Disposed");
    });
  });

  test("has no parameter of another name", () => {
    expect(errorOf(() => weights[0]!.get("intro.conv")).code).toBe("InvalidArgument");
  });

  test("refuses a file that does not fit, listing every fault, and leaves nothing behind", async () => {
    const tensors = new Map(file.tensors);
    tensors.delete("intro.conv.bias");
    tensors.delete("ending.conv.weight");
    tensors.set("extra", HostTensor.fromFloat32([1], Float32Array.of(1)));
    tensors.set("ending.conv.bias", HostTensor.fromFloat32([1, 3], new Float32Array(3)));
    await expectNoLeaks(() => {
      const error = errorOf(() => BackboneWeights.fromTensorFile({ tensors, metadata: {} }, compactConfig));
      expect(error.code).toBe("WeightsCorrupt");
      expect(error.details).toEqual({
        missing: ["intro.conv.bias", "ending.conv.weight"],
        unknown: ["extra"],
        misshapen: ["ending.conv.bias [1, 3], expected [3]"],
      });
      expect(error.message).toBe(
        "the weights do not fit the backbone: intro.conv.bias is missing; ending.conv.weight is missing; " +
          "extra is unknown; ending.conv.bias [1, 3], expected [3]",
      );
    });
  });

  test("keeps the message short where everything is wrong", () => {
    const empty = { tensors: new Map(), metadata: {} };
    const error = errorOf(() => BackboneWeights.fromTensorFile(empty, compactConfig));
    const count = listBackboneParameters(compactConfig).length;
    expect(error.details.missing).toHaveLength(count);
    expect(error.message.endsWith(`; and ${count - 6} more`)).toBe(true);
  });
});

describe("toDeviceLayout", () => {
  const values = Float32Array.from({ length: 16 }, (_, index) => index);

  test("puts a pixel shuffle's channels in the order (row, column, C)", () => {
    // PyTorch: channel c * 4 + row * 2 + column; here one input channel, C = 4.
    const shuffled = toDeviceLayout({ kind: "upsampling", shape: [16, 1, 1, 1] }, values);
    expect([...shuffled]).toEqual([0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15]);
  });

  test("puts a kernel's channels last", () => {
    // [out 2, in 2, 2, 2] to [2, 2, in, out]
    const kernel = toDeviceLayout({ kind: "convolution", shape: [2, 2, 2, 2] }, values);
    expect([...kernel]).toEqual([0, 8, 4, 12, 1, 9, 5, 13, 2, 10, 6, 14, 3, 11, 7, 15]);
    const depthwise = toDeviceLayout({ kind: "depthwise", shape: [4, 1, 2, 2] }, values);
    expect([...depthwise]).toEqual([0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15]);
  });

  test("copies vectors and scales as they are", () => {
    for (const parameter of [
      { kind: "vector", shape: [16] },
      { kind: "scale", shape: [1, 16, 1, 1] },
    ] as const) {
      const copy = toDeviceLayout(parameter, values);
      expect(copy).toEqual(values);
      expect(copy).not.toBe(values);
    }
  });
});
