import { expect, test } from "@jest/globals";
import type { RouterRow } from "../../src/sdk/experts/index.js";
import { colorStatisticsSize, PixelImage } from "../../src/sdk/image/index.js";
import type { Limpid } from "../../src/sdk/limpid/index.js";
import { startLimpid } from "../support/start-limpid.js";
import { makeTinyModel } from "../support/tiny-model.js";
import { makeExpert, makeTinyPack } from "../support/tiny-pack.js";

/** The router finds nothing in any image. */
const model = makeTinyModel({ bias: -20 });
const id = "acme.limpid-descreen";

const start = (): Promise<Limpid> => startLimpid({ bias: -20 });

/** A picture of one grey, or of stripes. */
const picture = (make: (index: number) => number): PixelImage =>
  new PixelImage({
    width: 24,
    height: 24,
    channels: 3,
    data: Uint8Array.from({ length: 24 * 24 * 3 }, (_, index) => make(index)),
  });
const flat = picture(() => 128);
const striped = picture((index) => (Math.floor(index / 3) % 2 === 0 ? 20 : 230));

/** A row that tells two embeddings apart: the first one's logit is -4, the second one's 4. */
function rowBetween(clean: Float32Array, damaged: Float32Array): Omit<RouterRow, "degradation"> {
  const difference = damaged.map((value, index) => value - clean[index]!);
  const square = difference.reduce((sum, value) => sum + value * value, 0);
  const weight = difference.map((value) => (8 * value) / square);
  const at = (embedding: Float32Array) => embedding.reduce((sum, value, i) => sum + value * weight[i]!, 0);
  return { weight, bias: -(at(clean) + at(damaged)) / 2, threshold: 0.5 };
}

test("a degradation that the router never saw is in the analysis and routed the moment its pack is installed", async () => {
  const limpid = await start();
  const [clean, damaged] = [await limpid.analyze(flat), await limpid.analyze(striped)];
  expect((await limpid.restore(striped, { tileSize: 8 })).mixture).toEqual([]);

  const routerRow = rowBetween(clean.embedding, damaged.embedding);
  await limpid.packs.install(makeTinyPack(model, { routerRow, strength: 0.5 }));
  const analysis = await limpid.analyze(striped);
  expect(analysis.degradations[0]).toEqual({
    degradation: "halftone",
    probability: expect.closeTo(1 / (1 + Math.exp(-4)), 4),
  });
  expect(analysis.degradations).toHaveLength(4);
  const { mixture, analysis: seen } = await limpid.restore(striped, { tileSize: 8 });
  expect(mixture).toEqual([{ expert: "acme.descreen", weight: 0.5 }]);
  expect(seen).toEqual(analysis);
  // Where it is not, nothing happens.
  const untouched = await limpid.restore(flat, { tileSize: 8 });
  expect([untouched.mixture, untouched.image.data]).toEqual([[], flat.data]);
  // An analysis from before the pack came is completed.
  expect((await limpid.restore(striped, { analysis: damaged, tileSize: 8 })).mixture).toHaveLength(1);

  await limpid.packs.uninstall(id);
  expect(await limpid.analyze(striped)).toEqual(damaged);
});

test.each([
  [0.45, undefined, 0],
  [0.55, undefined, 1],
  [0.65, undefined, 3],
  [0.45, 0.4, 0],
  [0.55, 0.5, 3],
  [0.65, 0.7, 1],
])(
  "of three faults with a probability of %d, with a second threshold of %p, %d count",
  async (probability, secondThreshold, count) => {
    const bias = Math.log(probability / (1 - probability));
    const limpid = await startLimpid({ bias, routerScale: 0, secondThreshold });
    const { degradations, present } = await limpid.analyze(striped);
    expect(degradations.map((fault) => fault.probability)).toEqual(
      Array(3).fill(expect.closeTo(probability, 2)),
    );
    expect(present).toEqual(degradations.slice(0, count));
  },
);

test("a row counts from its own threshold on", async () => {
  const limpid = await start();
  const { embedding } = await limpid.analyze(striped);
  const bias = Math.log(0.3 / 0.7); // a probability of 0.3
  const routerRow = { degradation: "halftone", weight: new Float32Array(embedding.length), bias };
  const expert = makeExpert(model, "acme.descreen");
  limpid.experts.add(expert, { routerRow: { ...routerRow, threshold: 0.25 } });
  expect((await limpid.restore(striped, { tileSize: 8 })).mixture).toEqual([
    { expert: expert.id, weight: 1 },
  ]);
  limpid.experts.replace(expert, { routerRow: { ...routerRow, threshold: 0.35 } });
  expect((await limpid.restore(striped, { tileSize: 8 })).mixture).toEqual([]);
});

test("a row on the colours sees what the embedding says nothing of, in windows and in an analysis from before, too", async () => {
  const limpid = await start();
  const tinted = picture((index) => [200, 90, 60][index % 3]!);
  const before = await limpid.analyze(tinted);
  const colorWeight = new Float32Array(colorStatisticsSize);
  colorWeight[21] = 40; // the mean saturation
  const routerRow = {
    weight: new Float32Array(before.embedding.length),
    colorWeight,
    bias: -10,
    threshold: 0.5,
  };
  await limpid.packs.install(makeTinyPack(model, { routerRow }));
  const { degradations, windows } = await limpid.analyze(tinted, { windows: true });
  const expected = {
    degradation: "halftone",
    probability: expect.closeTo(1 / (1 + Math.exp(10 - (40 * 140) / 255)), 6) as unknown as number,
  };
  expect(degradations[0]).toEqual(expected);
  for (const window of windows!) expect(window.degradations[0]).toEqual(expected);
  const mixture = [{ expert: "acme.descreen", weight: 1 }];
  expect((await limpid.restore(tinted, { tileSize: 8 })).mixture).toEqual(mixture);
  expect((await limpid.restore(tinted, { analysis: before, tileSize: 8 })).mixture).toEqual(mixture);
  expect((await limpid.restore(flat, { tileSize: 8 })).mixture).toEqual([]);
  // Colour under transparent pixels is not there.
  const hidden = new PixelImage({
    width: 24,
    height: 24,
    channels: 4,
    data: Uint8Array.from({ length: 24 * 24 * 4 }, (_, index) =>
      index < 24 * 4 ? [128, 128, 128, 255][index % 4]! : [200, 90, 60, 0][index % 4]!,
    ),
  });
  expect((await limpid.restore(hidden, { tileSize: 8 })).mixture).toEqual([]);
});

test("what a row sees explains what the router finds beside it, if the row is sure", async () => {
  // The router finds all that it knows in every image.
  const limpid = await startLimpid({ bias: 20 });
  const { embedding } = await limpid.analyze(striped);
  const expert = makeExpert(model, "acme.descreen");
  const mixtureWith = async (probability: number, threshold = 0.5): Promise<readonly string[]> => {
    const weight = new Float32Array(embedding.length);
    const bias = Math.log(probability / (1 - probability));
    limpid.experts.replace(expert, {
      routerRow: { degradation: "halftone", weight, bias, threshold },
    });
    const { mixture } = await limpid.restore(striped, { tileSize: 8 });
    return mixture.map(({ expert: id }) => id);
  };
  limpid.experts.add(expert);
  // 0.05 is left open: too little for the router's own.
  expect(await mixtureWith(0.95)).toEqual(["acme.descreen"]);
  // 0.4 is left open: the row's fault comes first all the same.
  expect(await mixtureWith(0.6)).toEqual(["acme.descreen", expect.stringMatching(/^tiny\./)]);
  // Below its threshold a row explains nothing.
  expect([...(await mixtureWith(0.6, 0.7))].sort()).toEqual(["tiny.first", "tiny.second"]);
  // The analysis says what was found, whatever comes of it.
  await mixtureWith(0.95);
  const { degradations } = await limpid.analyze(flat);
  expect(degradations.filter(({ probability }) => probability > 0.9)).toHaveLength(4);
});

test("what the router was trained on it sees by itself, and of two rows the first counts", async () => {
  const limpid = await start();
  const { embedding } = await limpid.analyze(flat);
  const row = (degradation: string, bias: number): RouterRow => ({
    degradation,
    weight: new Float32Array(embedding.length),
    bias,
    threshold: 0.5,
  });
  limpid.experts.add(makeExpert(model, "acme.loud", { degradations: ["noise"] }), {
    routerRow: row("noise", 9),
  });
  limpid.experts.add(makeExpert(model, "acme.one"), { routerRow: row("halftone", -1) });
  limpid.experts.add(makeExpert(model, "acme.two"), { routerRow: row("halftone", 5) });
  const { degradations } = await limpid.analyze(flat);
  const probability = (name: string) =>
    degradations.find(({ degradation }) => degradation === name)!.probability;
  expect(probability("noise")).toBeLessThan(0.01);
  expect(probability("halftone")).toBeCloseTo(1 / (1 + Math.exp(1)), 6);
  expect(degradations.map((entry) => entry.probability)).toEqual(
    degradations.map((entry) => entry.probability).sort((a, b) => b - a),
  );
});

test("asked for its windows, the router says of each part of the photo what it would of an image that it fills", async () => {
  const limpid = await start();
  // Broken stripes on the right, dots on the left.
  const half = picture((index) => {
    const [x, y] = [Math.floor(index / 3) % 24, Math.floor(index / 72)];
    return x >= 12 ? ((x + Math.floor(y / 5)) % 2) * 200 : (x * 5 + y * 11) % 7 === 0 ? 230 : 128;
  });
  const plain = await limpid.analyze(half);
  expect(plain.windows).toBeUndefined();
  const { windows, ...whole } = await limpid.analyze(half, { windows: true });
  expect(whole).toEqual(plain);
  expect(windows!.map(({ rect }) => [rect.x, rect.y, rect.width, rect.height])).toEqual([
    [0, 0, 12, 12],
    [12, 0, 12, 12],
    [0, 12, 12, 12],
    [12, 12, 12, 12],
  ]);
  expect(windows![0]!.degradations.map(({ degradation }) => degradation).sort()).toEqual([
    "jpeg",
    "noise",
    "rain",
  ]);
  expect(windows![0]!.degradations).not.toEqual(windows![1]!.degradations);

  // An image of one window is that window.
  const small = new PixelImage({
    width: 16,
    height: 16,
    channels: 3,
    data: Uint8Array.from({ length: 16 * 16 * 3 }, (_, index) => (index * 37) % 251),
  });
  const single = await limpid.analyze(small, { windows: true });
  expect(single.windows).toHaveLength(1);
  expect(single.windows![0]!.degradations).toEqual(
    single.degradations.map(({ degradation, probability }) => ({
      degradation,
      probability: expect.closeTo(probability, 6) as unknown as number,
    })),
  );

  // A pack's row sees its fault in the windows, too.
  const [clean, damaged] = [await limpid.analyze(flat), await limpid.analyze(striped)];
  const routerRow = rowBetween(clean.embedding, damaged.embedding);
  await limpid.packs.install(makeTinyPack(model, { routerRow, strength: 0.5 }));
  const seen = await limpid.analyze(striped, { windows: true });
  for (const { degradations } of seen.windows!) {
    expect(degradations.map(({ degradation }) => degradation)).toContain("halftone");
  }
});
