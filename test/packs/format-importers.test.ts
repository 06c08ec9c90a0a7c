import { beforeAll, describe, expect, test } from "@jest/globals";
import * as tf from "@tensorflow/tfjs-core";
import { deviceShape, toDeviceLayout } from "../../src/sdk/backbone/index.js";
import {
  lowRankDelta,
  listExpertTargets,
  type Expert,
  type ExpertTarget,
} from "../../src/sdk/experts/index.js";
import {
  importKohya,
  importPeft,
  readExpertFile,
  writeExpertFile,
  type ImportOptions,
} from "../../src/sdk/packs/index.js";
import { HostTensor, type TensorFile } from "../../src/sdk/weights/index.js";
import { compactConfig, difference, randomArray } from "../backbone/networks.js";
import { errorOf, useBackend } from "../support/index.js";
import { encode, type Json } from "./format-files.js";

/** Every dense convolution may change here, the 3x3 ones too. */
const config = { ...compactConfig, expertTargets: "all" } as const;
const options: ImportOptions = {
  id: "acme.descreen",
  base: { id: "limpid.test", sha256: "0".repeat(64) },
  degradations: ["halftone"],
  config,
};
const targets = listExpertTargets(config).filter(({ kind }) => kind !== "depthwise");
const dense = targets.find(({ shape }) => shape[2] === 3)!;
const pointwise = targets.find(({ shape }) => shape[2] === 1)!;

const tensor = (shape: number[], seed: number): HostTensor =>
  HostTensor.fromFloat32(
    shape,
    randomArray(
      shape.reduce((product, size) => product * size, 1),
      seed,
    ),
  );

/** Factors as PyTorch's convolutions hold them. */
function convolutionFactors(
  { shape: [outputs, inputs, size] }: ExpertTarget,
  rank: number,
  seed: number,
): [HostTensor, HostTensor] {
  return [tensor([rank, inputs, size, size], seed), tensor([outputs, rank, 1, 1], seed + 1)];
}

/** Sum over r of up[o, r] down[r, i, y, x], times the scale, in PyTorch's layout. */
function deltaByDefinition(down: HostTensor, up: HostTensor, scale: number): Float32Array {
  const [rank = 0] = down.shape;
  const [outputs = 0] = up.shape;
  const [d, u] = [down.toFloat32(), up.toFloat32()];
  const length = d.length / rank;
  const delta = new Float32Array(outputs * length);
  for (let o = 0; o < outputs; o++) {
    for (let at = 0; at < length; at++) {
      let sum = 0;
      for (let r = 0; r < rank; r++) sum += u[o * rank + r]! * d[r * length + at]!;
      delta[o * length + at] = sum * scale;
    }
  }
  return delta;
}

/** Asserts that an expert changes one kernel as the adapter would. */
async function expectDelta(expert: Expert, target: ExpertTarget, expected: Float32Array): Promise<void> {
  const factors = expert.factors.get(target.path)!;
  const upload = (factor: HostTensor): tf.Tensor2D =>
    tf.tensor2d(factor.toFloat32().slice(), [factor.shape[0]!, factor.shape[1]!]);
  const change = tf.tidy(() =>
    tf.mul(lowRankDelta(target, upload(factors.a), upload(factors.b)), expert.scaleOf(factors)),
  );
  const wanted = tf.tensor(toDeviceLayout(target, expected), deviceShape(target));
  expect(await difference(change, wanted)).toBeLessThan(1e-5);
}

beforeAll(() => useBackend("cpu"));

describe("importPeft", () => {
  const [denseDown, denseUp] = convolutionFactors(dense, 2, 1);
  const [pointDown, pointUp] = convolutionFactors(pointwise, 3, 5);
  const file: TensorFile = {
    tensors: new Map([
      [`base_model.model.${dense.path}.lora_A.weight`, denseDown],
      [`base_model.model.${dense.path}.lora_B.weight`, denseUp],
      [`base_model.model.${pointwise.path}.conv.lora_A.default.weight`, pointDown],
      [`base_model.model.${pointwise.path}.conv.lora_B.default.weight`, pointUp],
    ]),
    metadata: { format: "pt" },
  };
  const last = `${pointwise.path}.conv`;
  const adapter: Json = {
    peft_type: "LORA",
    r: 2,
    lora_alpha: 6,
    rank_pattern: { [last]: 3 },
    alpha_pattern: { [`^${last}`]: 7 },
    target_modules: ["conv"],
    base_model_name_or_path: null,
  };

  test("takes over factors, ranks and alphas of modules of every kernel size", async () => {
    const expert = importPeft(file, encode(adapter), options);
    expect(expert).toMatchObject({ id: "acme.descreen", base: options.base, rank: 2, alpha: 6 });
    await expectDelta(expert, dense, deltaByDefinition(denseDown, denseUp, 6 / 2));
    await expectDelta(expert, pointwise, deltaByDefinition(pointDown, pointUp, 7 / 3));
    const read = readExpertFile(writeExpertFile({ expert }), config).expert;
    await expectDelta(read, pointwise, deltaByDefinition(pointDown, pointUp, 7 / 3));
  });

  test("takes over rank-stabilised scaling", async () => {
    const expert = importPeft(file, encode({ ...adapter, use_rslora: true }), options);
    await expectDelta(expert, dense, deltaByDefinition(denseDown, denseUp, 6 / Math.sqrt(2)));
    await expectDelta(expert, pointwise, deltaByDefinition(pointDown, pointUp, 7 / Math.sqrt(3)));
  });

  test("reports every name that does not fit", () => {
    const depthwise = listExpertTargets(config).find(({ kind }) => kind === "depthwise")!;
    const tensors = new Map(file.tensors);
    tensors.set("base_model.model.text_model.q_proj.lora_A.weight", pointDown);
    tensors.set("base_model.model.text_model.q_proj.lora_magnitude_vector", pointDown);
    tensors.set(`base_model.model.${depthwise.path}.lora_A.weight`, pointDown);
    tensors.set(`base_model.model.${depthwise.path}.lora_B.weight`, pointUp);
    tensors.delete(`base_model.model.${dense.path}.lora_B.weight`);
    const error = errorOf(() => importPeft({ tensors, metadata: {} }, encode(adapter), options));
    expect(error.code).toBe("ExpertMismatch");
    expect(error.details.unmatched).toEqual([
      "base_model.model.text_model.q_proj.lora_A.weight",
      "base_model.model.text_model.q_proj.lora_magnitude_vector",
    ]);
    expect(error.details.faults).toEqual([
      `${dense.path} has no lora_B`,
      expect.stringMatching(/has rank 3, adapter_config\.json says 2/),
      expect.stringMatching(/changes a depthwise convolution/),
      expect.stringMatching(/q_proj\.lora_A\.weight is no layer/),
      expect.stringMatching(/q_proj\.lora_magnitude_vector is no layer/),
    ]);
  });

  test("refuses a module under two names", () => {
    const tensors = new Map(file.tensors);
    tensors.set(`base_model.model.${dense.path}.conv.lora_A.weight`, denseDown);
    tensors.set(`base_model.model.${dense.path}.conv.lora_B.weight`, denseUp);
    const error = errorOf(() => importPeft({ tensors, metadata: {} }, encode(adapter), options));
    expect(error.details.faults).toEqual([`${dense.path}.conv changes the same layer as ${dense.path}`]);
  });

  test.each(["pissa", "pissa_niter_16", "olora"])(
    "refuses an adapter that took its start (%s) from the base",
    (start) => {
      const error = errorOf(() =>
        importPeft(file, encode({ ...adapter, init_lora_weights: start }), options),
      );
      expect([error.code, error.details.problems]).toEqual([
        "InvalidConfig",
        [expect.stringMatching(/^init_lora_weights is/)],
      ]);
      for (const plain of [true, "gaussian"]) {
        importPeft(file, encode({ ...adapter, init_lora_weights: plain }), options);
      }
    },
  );

  test.each([NaN, Infinity])("refuses factors with a value of %p", (value) => {
    const values = pointDown.toFloat32().slice();
    values[1] = value;
    const spoilt = HostTensor.fromFloat32(pointDown.shape, values);
    const key = `base_model.model.${pointwise.path}.conv.lora_A.default.weight`;
    const tensors = new Map(file.tensors).set(key, spoilt);
    const error = errorOf(() => importPeft({ tensors, metadata: {} }, encode(adapter), options));
    expect([error.code, error.details.faults]).toEqual([
      "ExpertMismatch",
      [expect.stringMatching(/no finite numbers/)],
    ]);
  });

  test("refuses configs that ask for what is not there, all faults at once", () => {
    const bad = { peft_type: "LOHA", r: 0, use_dora: true, bias: "all", alpha_pattern: { ".*(a|b)+$": 4 } };
    const error = errorOf(() => importPeft(file, encode(bad), options));
    expect([error.code, error.details.problems]).toEqual([
      "InvalidConfig",
      [
        'peft_type is "LOHA", expected "LORA"',
        "r is 0, expected a positive integer",
        "lora_alpha is missing, expected a number",
        "use_dora is true, expected false",
        'bias is "all", expected "none"',
        expect.stringMatching(/^alpha_pattern is .* without regular expressions$/),
      ],
    ]);
    expect(errorOf(() => importPeft(file, encode("{"), options)).code).toBe("InvalidConfig");
  });
});

describe("importKohya", () => {
  const [down, up] = convolutionFactors(pointwise, 4, 20);
  const [denseDown, denseUp] = convolutionFactors(dense, 2, 24);
  const name = (path: string): string => `lora_unet_${path.replaceAll(".", "_")}`;
  const file = new Map([
    [`${name(pointwise.path)}.lora_down.weight`, down],
    [`${name(pointwise.path)}.lora_up.weight`, up],
    [`${name(pointwise.path)}.alpha`, HostTensor.fromFloat32([], Float32Array.of(2))],
    [`${name(dense.path)}.lora_down.weight`, denseDown],
    [`${name(dense.path)}.lora_up.weight`, denseUp],
    [`${name(dense.path)}.alpha`, HostTensor.fromFloat32([1], Float32Array.of(1))],
  ]);

  test("takes over factors and the alpha of each module", async () => {
    const expert = importKohya({ tensors: file, metadata: {} }, options);
    await expectDelta(expert, pointwise, deltaByDefinition(down, up, 2 / 4));
    await expectDelta(expert, dense, deltaByDefinition(denseDown, denseUp, 1 / 2));
  });

  test("refuses a file without alphas, and reports every name that does not fit", () => {
    const tensors = new Map(file);
    tensors.delete(`${name(dense.path)}.alpha`);
    tensors.set("lora_te_text_model_q_proj.lora_down.weight", down);
    tensors.set("lora_unet_nowhere.lora_down.weight", down);
    const error = errorOf(() => importKohya({ tensors, metadata: {} }, options));
    expect(error.details.unmatched).toEqual([
      "lora_te_text_model_q_proj.lora_down.weight",
      "lora_unet_nowhere.lora_down.weight",
    ]);
    expect((error.details.faults as string[])[0]).toBe(
      `${name(dense.path).slice("lora_unet_".length)} has no alpha`,
    );
  });

  test("refuses a file of another network, and an empty one", () => {
    const wide = new Map(
      [...file].map(([key, value]) => [key, key.endsWith("down.weight") ? tensor([4, 99, 1, 1], 1) : value]),
    );
    const error = errorOf(() => importKohya({ tensors: wide, metadata: {} }, options));
    expect((error.details.faults as string[])[0]).toMatch(
      / down has shape \[4, 99, 1, 1\], expected \[4, \d+\]$/,
    );
    expect(errorOf(() => importKohya({ tensors: new Map(), metadata: {} }, options)).details.faults).toEqual([
      "the file holds no factors",
    ]);
  });
});
