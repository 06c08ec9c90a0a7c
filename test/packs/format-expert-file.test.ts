import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { BackboneWeights, validateBackboneConfig } from "../../src/sdk/backbone/index.js";
import { LimpidError } from "../../src/sdk/base/index.js";
import { Expert, listExpertTargets, mergeExperts, type ExpertFactors } from "../../src/sdk/experts/index.js";
import { colorStatisticsSize } from "../../src/sdk/image/index.js";
import { readExpertFile, writeExpertFile, type ExpertFileContent } from "../../src/sdk/packs/index.js";
import { HostTensor, parseSafetensors, serializeSafetensors } from "../../src/sdk/weights/index.js";
import { compactConfig, difference, randomArray, randomWeights } from "../backbone/networks.js";
import { randomExpertFile, someSha256 } from "../experts/expert-files.js";
import { errorOf, expectNoLeaks, useBackend } from "../support/index.js";

const expert = Expert.fromTensorFile(randomExpertFile(compactConfig), compactConfig);

const content: Required<ExpertFileContent> = {
  expert,
  routerRow: {
    degradation: "halftone",
    weight: randomArray(5, 3),
    colorWeight: randomArray(colorStatisticsSize, 4),
    bias: -1.25,
    threshold: 0.6,
  },
  strength: 0.8,
  license: "CC-BY-4.0 OR MIT",
  usage: { commercial: true, derivatives: false, attribution: true },
  provenance: {
    trainer: "limpid",
    trainerVersion: "0.1.0",
    steps: 2000,
    data: "Scans of my own.",
    date: "2026-11-23",
  },
};

describe("an expert file", () => {
  test("comes back as it was written, the same bytes each time", () => {
    const bytes = writeExpertFile(content);
    const read = readExpertFile(bytes, compactConfig);
    expect({ ...read, expert: undefined }).toEqual({ ...content, expert: undefined });
    expect({ ...read.expert, factors: undefined }).toEqual({ ...expert, factors: undefined });
    expect(new Set(read.expert.factors.keys())).toEqual(new Set(expert.factors.keys()));
    expect(writeExpertFile(read)).toEqual(bytes);
  });

  test("says what binds it under limpid.*", () => {
    const { metadata } = parseSafetensors(writeExpertFile(content));
    expect(metadata).toMatchObject({
      format: "pt",
      "limpid.format": "1",
      "limpid.expert": "limpid.derain",
      "limpid.base.id": "limpid.test",
      "limpid.base.sha256": someSha256,
      "limpid.rank": "2",
      "limpid.alpha": "4",
      "limpid.degradations": '["rain"]',
      "limpid.strength": "0.8",
      "limpid.license": "CC-BY-4.0 OR MIT",
    });
    expect(JSON.parse(metadata["limpid.targets"]!)).toEqual([...expert.factors.keys()].sort());
    expect(metadata["limpid.rank.pattern"]).toBeUndefined();
  });

  test("that says nothing but what it must is read: those that ship do not change", () => {
    const shipped = JSON.parse(readFileSync("models/model.json", "utf8")) as {
      backbone: { config: unknown };
    };
    const config = validateBackboneConfig(shipped.backbone.config);
    const names = readdirSync("models/experts").filter((name) => name.endsWith(".safetensors"));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const file = readExpertFile(new Uint8Array(readFileSync(join("models/experts", name))), config);
      expect(file).toMatchObject({
        strength: 1,
        routerRow: undefined,
        usage: undefined,
        license: "Apache-2.0",
      });
    }
  });

  test.each(["halftone/experts/descreen", "scan-lines/experts/unline"])(
    "of %s is read and written byte by byte, with its row on the embedding alone too",
    (name) => {
      const shipped = JSON.parse(readFileSync("models/model.json", "utf8")) as {
        backbone: { config: unknown };
      };
      const config = validateBackboneConfig(shipped.backbone.config);
      const bytes = new Uint8Array(readFileSync(join("examples/packs", `${name}.safetensors`)));
      const file = readExpertFile(bytes, config);
      expect(writeExpertFile(file)).toEqual(bytes);
      const { degradation, weight, bias, threshold } = file.routerRow!;
      const plain = writeExpertFile({ ...file, routerRow: { degradation, weight, bias, threshold } });
      const row = JSON.parse(parseSafetensors(plain).metadata["limpid.router.row"]!) as object;
      expect(Object.keys(row)).toEqual(["degradation", "weight", "bias", "threshold"]);
      const again = readExpertFile(plain, config);
      expect(again.routerRow).toEqual({ degradation, weight, bias, threshold });
      expect(writeExpertFile(again)).toEqual(plain);
    },
  );

  test.each<[string, string, RegExp]>([
    ["limpid.strength", "3", /limpid\.strength is 3/],
    ["limpid.strength", " ", /limpid\.strength is /],
    [
      "limpid.rank.pattern",
      '{"middle_blks.blocks.0.conv1": 3}',
      /conv1\.lora_A has shape \[2, 16\], expected \[3, 16\]/,
    ],
    [
      "limpid.rank.pattern",
      '{"nowhere": 2}',
      /limpid\.rank\.pattern names nowhere, of which the file has no factors/,
    ],
    [
      "limpid.alpha.pattern",
      '{"middle_blks.blocks.0.conv1": "4"}',
      /expected a JSON object of numbers by target/,
    ],
    ["limpid.targets", '["middle_blks.blocks.0.conv1"]', /is not among limpid\.targets/],
    [
      "limpid.router.row",
      '{"degradation": "halftone", "weight": [1, 2], "bias": 0}',
      /has 2 weights, expected 5/,
    ],
    [
      "limpid.router.row",
      '{"degradation": "halftone", "weight": [1e300, 0, 0, 0, 0], "bias": 0}',
      /expected a router row/,
    ],
    [
      "limpid.router.row",
      '{"degradation": "faded", "weight": [1, 2, 3, 4, 5], "colorWeight": [1, 2], "bias": 0}',
      /has 2 weights of colours, expected 28/,
    ],
    [
      "limpid.router.row",
      '{"degradation": "faded", "weight": [1, 2, 3, 4, 5], "colorWeight": "red", "bias": 0}',
      /expected a router row/,
    ],
    [
      "limpid.router.row",
      '{"degradation": "faded", "weight": [1, 2, 3, 4, 5], "textureWeight": [1], "bias": 0}',
      /expected a router row/,
    ],
    ["limpid.usage", '{"commercial": "yes"}', /limpid\.usage is /],
    ["limpid.provenance", "[]", /limpid\.provenance is \[\], expected trainer/],
  ])("is refused with %s = %s", (name, value, fault) => {
    const file = randomExpertFile(compactConfig);
    file.metadata[name] = value;
    const error = errorOf(() => readExpertFile(file, compactConfig));
    expect(error.code).toBe("ExpertMismatch");
    expect((error.details.faults as string[]).join("; ")).toMatch(fault);
  });

  test("is refused with factors that are no numbers", () => {
    const file = randomExpertFile(compactConfig);
    const [name] = [...file.tensors.keys()];
    const values = file.tensors.get(name!)!.toFloat32();
    values[1] = NaN;
    file.tensors.set(name!, HostTensor.fromFloat32(file.tensors.get(name!)!.shape, values));
    const error = errorOf(() => readExpertFile(serializeSafetensors(file), compactConfig));
    expect(error.details.faults).toEqual([`${name} holds something that is no finite number`]);
  });

  test("cannot be written without a base, or with what cannot be read back", () => {
    const { base: _, ...init } = { ...expert, factors: [...expert.factors.values()] };
    expect(errorOf(() => writeExpertFile({ expert: new Expert(init) })).message).toMatch(
      /does not know its base/,
    );
    const error = errorOf(() => writeExpertFile({ ...content, strength: 5 }));
    expect([error.code, error.details.faults]).toEqual(["InvalidArgument", ["limpid.strength is 5"]]);
  });

  test("whatever its notes say, it is refused with faults or is an expert", () => {
    const written = parseSafetensors(writeExpertFile(content));
    const keys = Object.keys(written.metadata);
    const anyNote = fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)),
      fc.double().map(String),
      fc.constantFrom("__proto__", '{"__proto__": 1}', "[[[[", '{"constructor": 1e999}', "-0", "1e400"),
    );
    let accepted = 0;
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom(...keys, "limpid.rank.pattern", "limpid.alpha.pattern", "limpid.more"),
          anyNote,
        ),
        (notes) => {
          try {
            const file = readExpertFile(
              { ...written, metadata: { ...written.metadata, ...notes } },
              compactConfig,
            );
            for (const factors of file.expert.factors.values())
              expect(Number.isFinite(file.expert.scaleOf(factors))).toBe(true);
            expect(file.strength >= 0 && file.strength <= 2).toBe(true);
            accepted++;
          } catch (error) {
            if (!LimpidError.is(error, "ExpertMismatch")) throw error;
            expect(error.details.faults).not.toEqual([]);
          }
        },
      ),
      { seed: 7, numRuns: 1000 },
    );
    expect(accepted).toBeGreaterThan(20);
  });
});

describe("factors with a rank and an alpha of their own", () => {
  beforeAll(() => useBackend("cpu"));

  test("change the kernel as factors that are scaled and padded do", async () => {
    const base = BackboneWeights.fromTensorFile(randomWeights(compactConfig), compactConfig);
    const binding = { id: "limpid.test", sha256: base.sha256 };
    const targets = listExpertTargets(compactConfig).slice(0, 3);
    const make = (own: boolean): Expert => {
      const factors = targets.map((target, index): ExpertFactors => {
        const [outputs, inputs] = target.shape;
        const [rank, alpha] = index === 1 ? [3, 5] : [2, 4];
        const a = randomArray(rank * inputs, index);
        const b = randomArray(outputs * rank, index + 10);
        if (own) {
          const shapes = {
            a: HostTensor.fromFloat32([rank, inputs], a),
            b: HostTensor.fromFloat32([outputs, rank], b),
          };
          return { target, ...shapes, ...(index === 1 ? { rank, alpha } : {}) };
        }
        // The same change at rank 3 and alpha 3, of scale 1: b times alpha / rank, and a third column of zeros.
        const padded = new Float32Array(outputs * 3);
        b.forEach((value, at) => (padded[Math.floor(at / rank) * 3 + (at % rank)] = (value * alpha) / rank));
        const wide = new Float32Array(3 * inputs);
        wide.set(a);
        return {
          target,
          a: HostTensor.fromFloat32([3, inputs], wide),
          b: HostTensor.fromFloat32([outputs, 3], padded),
        };
      });
      const scale = own ? { rank: 2, alpha: 4 } : { rank: 3, alpha: 3 };
      return new Expert({ id: "test.x", base: binding, ...scale, degradations: ["rain"], factors });
    };
    const written = readExpertFile(writeExpertFile({ expert: make(true) }), compactConfig).expert;
    await expectNoLeaks(async () => {
      const merged = [written, make(false)].map((one) => mergeExperts(base, [{ expert: one, weight: 0.7 }]));
      for (const { parameter } of targets) {
        const [own, plain] = merged.map((weights) => tf.clone(weights.get(parameter)));
        expect(await difference(own!, plain!)).toBeLessThan(1e-5);
      }
      for (const weights of merged) weights.dispose();
    });
    base.dispose();
  });
});
