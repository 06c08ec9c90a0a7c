import { expect, test } from "@jest/globals";
import { listStages, type BackboneConfig } from "../../src/sdk/backbone/index.js";
import { layOutWeights, planPass, type PassKind } from "../../src/sdk/engine/index.js";
import { compactConfig } from "../backbone/networks.js";

/** The network that ships. */
const shippedConfig: BackboneConfig = {
  ...compactConfig,
  width: 24,
  encoderBlocks: [1, 1, 2],
  middleBlocks: 2,
  decoderBlocks: [1, 1, 1],
};

const plan = (
  kind: PassKind,
  precision: "f32" | "f16" = "f32",
  side = 256,
  threads = 160,
  wholeBlocks = true,
) =>
  planPass(shippedConfig, layOutWeights(shippedConfig), { images: 1, width: side, height: side }, kind, {
    precision,
    wholeBlocks,
    threads,
    tileVectors: 6 * threads,
  });

const stages = listStages(shippedConfig);

test("a block takes three dispatches when its attention is computed", () => {
  const blocks = stages.flatMap((stage) => stage.blocks).length;
  // One for each stage's beginning, one for the image's way out.
  expect(plan("restore").dispatches).toHaveLength(stages.length + 3 * blocks + 1);
});

test("when it was measured a block takes two, one where it fits, and none of its own after a convolution", () => {
  expect(plan("restoreMeasured").dispatches.map(({ name }) => name)).toEqual([
    "intro encoders.0.blocks.0",
    "down.0 encoders.1.blocks.0",
    "down.1",
    ...["encoders.2.blocks.0.mix", "encoders.2.blocks.0.tail"],
    ...["encoders.2.blocks.1.mix", "encoders.2.blocks.1.tail"],
    "down.2",
    ...["middle_blks.blocks.0.mix", "middle_blks.blocks.0.tail"],
    ...["middle_blks.blocks.1.mix", "middle_blks.blocks.1.tail"],
    "up.0",
    ...["decoders.0.blocks.0.mix", "decoders.0.blocks.0.tail"],
    ...["up.1", "decoders.1.blocks.0"],
    ...["up.2", "decoders.2.blocks.0"],
    "ending",
  ]);
});

test("a software GPU computes no block whole", () => {
  const blocks = stages.flatMap((stage) => stage.blocks).length;
  const { dispatches } = plan("restoreMeasured", "f32", 256, 64, false);
  expect(dispatches).toHaveLength(stages.length + 2 * blocks + 1);
});

test("with the least memory that a workgroup may have, whole blocks fit at full resolution only", () => {
  const names = plan("restoreMeasured", "f32", 256, 80).dispatches.map(({ name }) => name);
  expect(names).toContain("intro encoders.0.blocks.0");
  expect(names).toContain("encoders.1.blocks.0.mix");
});

test("measuring stops at the last attention", () => {
  const names = plan("measure").dispatches.map(({ name }) => name);
  expect(names.at(-1)).toBe("decoders.2.blocks.0.attention");
  expect(names).not.toContain("ending");
});

/** Bytes that a 256 tile's features are read and written, in channels of the full resolution; sums left out. */
function channelsMoved(wholeLevels: number): number {
  let moved = 0;
  for (const { channels: c, level, blocks, path } of stages) {
    const area = 4 ** -level;
    const isDecoder = path.startsWith("decoders.");
    // What the stage begins with reads the finer or coarser features, and the skip.
    const read = level === 0 && !isDecoder ? 0 : isDecoder ? (2 * c) / 4 + c : (c / 2) * 4;
    if (level < wholeLevels) {
      // x is read and written by each block, and written by what a decoder's stage begins with.
      moved += area * (read + c * (isDecoder ? 1 + 2 * blocks.length : 2 * blocks.length - 1));
      continue;
    }
    // It writes x and the twice as wide u.
    moved += area * (read + c + 2 * c);
    // mix: u to g; tail: g and x to x; and u if a block follows.
    moved += area * c * (blocks.length * (2 + 1 + 3) + 2 * (blocks.length - 1));
  }
  return moved + shippedConfig.width;
}

test.each([
  ["restore", 0],
  ["restoreMeasured", 2],
] as const)("a tile's traffic is that of reading and writing each intermediate once: %s", (kind, levels) => {
  const sums = (precision: "f32" | "f16"): number =>
    plan(kind, precision)
      .dispatches.flatMap(({ bindings }) => bindings)
      .filter(({ buffer }) => buffer === "partials")
      .reduce((sum, { size }) => sum + size, 0);
  const moved = (precision: "f32" | "f16"): number => {
    const { bytesRead, bytesWritten } = plan(kind, precision);
    return (bytesRead + bytesWritten - sums(precision)) / 256 ** 2;
  };
  // The image in single precision: read at both ends, written at one; the last convolution reads the features.
  expect(moved("f32")).toBe(4 * channelsMoved(levels) + 4 * 9);
  expect(moved("f16")).toBe(2 * channelsMoved(levels) + 4 * 9);
});

test("a measured tile of 512 moves at most 2.5 times what no network of blocks could do without", () => {
  const layout = layOutWeights(shippedConfig);
  const area = 512 ** 2;
  // Each block's input and output, the image in and out, and the weights, each once.
  const least =
    4 *
    (stages.reduce(
      (sum, { channels, level, blocks }) => sum + 2 * blocks.length * channels * 4 ** -level,
      0,
    ) +
      2 * 3 +
      (4 * layout.length) / area);
  const { bytesRead, bytesWritten } = plan("restoreMeasured", "f32", 512);
  const moved = (bytesRead + bytesWritten) / area + (16 * layout.length) / area;
  expect(moved / least).toBeLessThan(2.5);
  expect(moved / least).toBeGreaterThan(1);
});

test("a tile's memory is that of its widest level and of the skips", () => {
  const bytes = (kind: PassKind): number => {
    const sizes = [...plan(kind).bufferSizes];
    return sizes.reduce((sum, [name, size]) => sum + (/sizes|partials/.test(name) ? 0 : size), 0) / 256 ** 2;
  };
  // x of each level, u, g, the image and the result.
  const features = 24 + 48 / 4 + 96 / 16 + 192 / 64 + 3 + 3;
  expect(bytes("restore")).toBe(4 * (features + 48 + 24));
  // Whole blocks need no u at the two finest levels, but a second x: the one of the finer level is g's memory.
  expect(bytes("restoreMeasured")).toBe(4 * (features + (2 * 96) / 16 + 24));
});

test.each([
  ["the shipped one", shippedConfig],
  [
    "one with stages of many blocks",
    { ...shippedConfig, encoderBlocks: [2, 3, 0], middleBlocks: 1, decoderBlocks: [0, 2, 3] },
  ],
  [
    "one that is narrow at every level",
    { ...compactConfig, width: 4, encoderBlocks: [3, 2, 1], middleBlocks: 2, decoderBlocks: [1, 2, 3] },
  ],
])("no dispatch reads what it writes elsewhere, and each reads what was written last: %s", (_, config) => {
  const layout = layOutWeights(config);
  const options = { precision: "f32", wholeBlocks: true, threads: 160, tileVectors: 960 } as const;
  const { dispatches } = planPass(
    config,
    layout,
    { images: 1, width: 64, height: 40 },
    "restoreMeasured",
    options,
  );
  /** The dispatch that wrote a buffer last. */
  const writers = new Map<string, string>();
  const sources = new Map<string, readonly (string | undefined)[]>();
  for (const { name, bindings } of dispatches) {
    const used = bindings
      .filter(({ buffer }) => !/sizes|weights|vectors/.test(buffer))
      .map(({ buffer }) => buffer);
    expect([name, ...used]).toEqual([name, ...new Set(used)]);
    const read = bindings.filter(({ buffer, access }) => access.startsWith("read") && used.includes(buffer));
    sources.set(
      name,
      read.map(({ buffer }) => writers.get(buffer)),
    );
    for (const { buffer, access } of bindings) if (access.endsWith("write")) writers.set(buffer, name);
  }
  // Each decoder adds what its encoder's stage ended with, and the last dispatch reads what the last but one wrote.
  const ends = new Map<string, string>();
  for (const { name } of dispatches)
    for (const { path } of listStages(config)) if (name.includes(`${path}.`)) ends.set(path, name);
  const depth = config.encoderBlocks.length;
  for (let up = 0; up < depth; up++) {
    const encoder = depth - 1 - up;
    const skip = ends.get(`encoders.${encoder}`) ?? (encoder === 0 ? "intro" : `down.${encoder - 1}`);
    expect(sources.get(`up.${up}`)).toContain(skip);
  }
  expect(sources.get("ending")).toContain(dispatches.at(-2)!.name);
});
