import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { PixelImage } from "../../src/sdk/image/index.js";
import {
  CompactRouter,
  compactViews,
  listRouterParameters,
  validateCompactRouterConfig,
  windowCells,
  type Analysis,
} from "../../src/sdk/router/index.js";
import { HostTensor, parseSafetensors, type TensorFile } from "../../src/sdk/weights/index.js";

const reference = parseSafetensors(readFileSync(new URL("fixtures/router.safetensors", import.meta.url)));
const config = validateCompactRouterConfig(JSON.parse(reference.metadata.config!));
const faults = ["noise", "haze", "rain"];
const weights: TensorFile = {
  tensors: new Map(
    [...reference.tensors]
      .filter(([name]) => name.startsWith("weights."))
      .map(([name, tensor]) => [name.slice("weights.".length), tensor]),
  ),
  metadata: {},
};
const [height = 0, width = 0] = reference.tensors.get("pixels")!.shape;
const photo = new PixelImage({
  width,
  height,
  channels: 3,
  data: Uint8Array.from(reference.tensors.get("pixels")!.bytes),
});
const values = (name: string): Float32Array => reference.tensors.get(name)!.toFloat32();

function probabilityOf({ degradations }: Pick<Analysis, "degradations">, fault: string): number {
  return degradations.find(({ degradation }) => degradation === fault)!.probability;
}

describe.each([false, true])("the compact router, in plain code: %p", (isPlain) => {
  let router: CompactRouter;
  beforeAll(async () => {
    router = await CompactRouter.prepare(weights, config, faults, { isPlain });
    // Only the kernels have a memory.
    expect(router.byteSize > 0).toBe(!isPlain);
  });

  test("gives PyTorch's probabilities and embedding, every time", async () => {
    for (let time = 0; time < 2; time++) {
      const analysis = await router.analyze(photo);
      faults.forEach((fault, index) => {
        const expected = 1 / (1 + Math.exp(-values("logits")[index]!));
        expect(probabilityOf(analysis, fault)).toBeCloseTo(expected, 5);
      });
      const embedding = values("embedding");
      const differences = embedding.map((value, index) => Math.abs(value - analysis.embedding[index]!));
      expect(Math.max(...differences)).toBeLessThan(1e-4);
    }
  });

  test("images that are looked at side by side do not disturb each other", async () => {
    const other = new PixelImage({
      width: 40,
      height: 90,
      channels: 3,
      data: Uint8Array.from({ length: 40 * 90 * 3 }, (_, index) => (index * 53) % 256),
    });
    const alone = [await router.analyze(photo), await router.analyze(other)];
    expect(await Promise.all([router.analyze(photo), router.analyze(other)])).toEqual(alone);
  });

  test("a fault in one corner shows in that corner's window", async () => {
    const data = new Uint8Array(96 * 96 * 3).fill(128);
    const look = (): Promise<Analysis> =>
      router.analyze(new PixelImage({ width: 96, height: 96, channels: 3, data: data.slice() }), true);
    const before = await look();
    for (let y = 0; y < 16; y++)
      for (let x = 0; x < 16; x++) data[(y * 96 + x) * 3] = (x * 41 + y * 97) % 256;
    const after = await look();
    expect(after.windows).toHaveLength(9);
    const changed = after.windows!.map((window, index) =>
      faults.some(
        (fault) =>
          Math.abs(probabilityOf(window, fault) - probabilityOf(before.windows![index]!, fault)) > 1e-4,
      ),
    );
    expect(changed[0]).toBe(true);
    expect(changed[8]).toBe(false);
  });
});

test("an encoder whose outputs are no groups of four runs in plain code", async () => {
  const odd = { ...config, detail: { ...config.detail, widths: [6, 12] } };
  const tensors = listRouterParameters(odd, faults.length).map(({ name, shape }): [string, HostTensor] => {
    const length = shape.reduce((product, size) => product * size, 1);
    const numbers = Float32Array.from({ length }, (_, index) => Math.sin(index) / 8);
    return [name, HostTensor.fromFloat32(shape, numbers)];
  });
  const file: TensorFile = { tensors: new Map(tensors), metadata: {} };
  const [mixed, plain] = await Promise.all(
    [false, true].map(async (isPlain) => {
      const router = await CompactRouter.prepare(file, odd, faults, { isPlain });
      return router.analyze(photo);
    }),
  );
  const differences = mixed!.embedding.map((value, index) => Math.abs(value - plain!.embedding[index]!));
  expect(Math.max(...differences)).toBeLessThan(1e-4);
});

test("windows that are looked at one by one cover the photo exactly once", () => {
  const views = compactViews(photo, config);
  const covered = new Uint8Array(width * height);
  for (const cell of windowCells(views)) {
    for (let y = cell.y; y < cell.y + cell.height; y++) {
      for (let x = cell.x; x < cell.x + cell.width; x++) covered[y * width + x]!++;
    }
  }
  expect(views.grid).toEqual([3, 3]);
  expect(covered.every((count) => count === 1)).toBe(true);
});

test("a border of one tone and a transparent margin change nothing that the router sees", () => {
  const plain = compactViews(photo, config);
  const [wide, tall] = [width + 30, height + 22];
  const framed = new Uint8Array(wide * tall * 4).fill(250);
  for (let y = 0; y < tall; y++) framed[(y * wide + (y % 2)) * 4 + 3] = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const target = ((y + 9) * wide + x + 14) * 4;
      framed.set([...photo.data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3), 255], target);
    }
  }
  const views = compactViews(
    new PixelImage({ width: wide, height: tall, channels: 4, data: framed }),
    config,
  );
  expect(views.content).toEqual({ x: 14, y: 9, width, height });
  expect([views.scene, views.windows]).toEqual([plain.scene, plain.windows]);
});

test("a config that lacks an encoder, or pools a layer that is not there, is refused with every reason", () => {
  const { scene: _, ...rest } = config;
  expect(() => validateCompactRouterConfig({ ...rest, windowSize: 0 })).toThrow(/windowSize.*scene\.widths/);
  expect(() => validateCompactRouterConfig({ ...config, detail: { ...config.detail, pooled: [2] } })).toThrow(
    /detail\.pooled/,
  );
});

test("weights of another size do not fit", async () => {
  await expect(CompactRouter.prepare(weights, { ...config, classifierSize: 8 }, faults)).rejects.toThrow(
    /cls_head\.0\.weight/,
  );
});
