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

const plan = (kind: PassKind, precision: "f32" | "f16" = "f32", side = 256) =>
  planPass(shippedConfig, layOutWeights(shippedConfig), { images: 1, width: side, height: side }, kind, {
    precision,
    tileVectors: 384,
  });

test("a block takes two dispatches when its attention was measured, three when not", () => {
  const stages = listStages(shippedConfig);
  const blocks = stages.flatMap((stage) => stage.blocks).length;
  // One for each stage's beginning, one for the image's way out.
  expect(plan("restoreMeasured").dispatches).toHaveLength(stages.length + 2 * blocks + 1);
  expect(plan("restore").dispatches).toHaveLength(stages.length + 3 * blocks + 1);
});

test("measuring stops at the last attention", () => {
  const names = plan("measure").dispatches.map(({ name }) => name);
  expect(names.at(-1)).toBe("decoders.2.blocks.0.attention");
  expect(names).not.toContain("ending");
});

test("a tile's traffic is that of reading and writing each intermediate once", () => {
  // In channels of the full resolution: x, twice as wide u, g.
  let channels = 0;
  for (const { channels: c, level, blocks, path } of listStages(shippedConfig)) {
    const area = 4 ** -level;
    const isDecoder = path.startsWith("decoders.");
    // What the stage begins with: it reads the finer or coarser features, and the skip; it writes x and u.
    const read = level === 0 && !isDecoder ? 0 : isDecoder ? (2 * c) / 4 + c : (c / 2) * 4;
    channels += area * (read + c + 2 * c);
    // mix: u to g; tail: g and x to x; and u if a block follows.
    channels += area * c * (blocks.length * (2 + 1 + 3) + 2 * (blocks.length - 1));
  }
  // The image in single precision: read at both ends, written at one; the features are read by the last convolution.
  const { bytesRead, bytesWritten } = plan("restoreMeasured");
  expect((bytesRead + bytesWritten) / 256 ** 2).toBe(4 * (channels + shippedConfig.width + 3 * 3));
  const half = plan("restoreMeasured", "f16");
  expect((half.bytesRead + half.bytesWritten) / 256 ** 2).toBe(2 * (channels + shippedConfig.width) + 4 * 9);
});

test("a tile's memory is that of its widest level and of the skips", () => {
  const { bufferSizes } = plan("restoreMeasured");
  const bytes = [...bufferSizes].reduce((sum, [name, size]) => sum + (name === "sizes" ? 0 : size), 0);
  // x of each level, u, g, the image and the result.
  const channels = 24 + 48 / 4 + 96 / 16 + 192 / 64 + 48 + 24 + 3 + 3;
  expect(bytes / 256 ** 2).toBe(4 * channels);
});
