import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { PixelBlock } from "../../src/sdk/engine/index.js";
import { planTiles, TileBlender, type TilePlanOptions } from "../../src/sdk/restore/index.js";

const stride = 8;

/** Images, regions inside them, and tile sizes from the smallest to larger than the image. */
const plans: fc.Arbitrary<TilePlanOptions> = fc
  .record({
    width: fc.integer({ min: 1, max: 300 }),
    height: fc.integer({ min: 1, max: 300 }),
    size: fc.integer({ min: 1, max: 20 }).map((n) => n * stride),
    margin: fc.integer({ min: 0, max: 6 }).map((n) => n * stride),
    corners: fc.tuple(fc.double({ noNaN: true, min: 0, max: 1 }), fc.double({ noNaN: true, min: 0, max: 1 })),
    extent: fc.tuple(fc.double({ noNaN: true, min: 0, max: 1 }), fc.double({ noNaN: true, min: 0, max: 1 })),
  })
  .map(({ width, height, size, margin, corners, extent }) => {
    const x = Math.min(width - 1, Math.floor(corners[0] * width));
    const y = Math.min(height - 1, Math.floor(corners[1] * height));
    const region = {
      x,
      y,
      width: 1 + Math.floor(extent[0] * (width - x - 1)),
      height: 1 + Math.floor(extent[1] * (height - y - 1)),
    };
    return { width, height, size, margin, stride, region };
  });

test("the kept parts cover the area exactly once, and the area the region", () => {
  fc.assert(
    fc.property(plans, (options) => {
      const { area, rows, count } = planTiles(options);
      const region = options.region!;
      expect(area.x).toBeLessThanOrEqual(region.x);
      expect(area.y).toBeLessThanOrEqual(region.y);
      expect(area.x + area.width).toBeGreaterThanOrEqual(region.x + region.width);
      expect(area.y + area.height).toBeGreaterThanOrEqual(region.y + region.height);
      const hits = new Uint8Array(area.width * area.height);
      const tiles = rows.flat();
      expect(tiles.length).toBe(count);
      for (const { keep } of tiles) {
        for (let y = keep.y; y < keep.y + keep.height; y++) {
          for (let x = keep.x; x < keep.x + keep.width; x++) hits[(y - area.y) * area.width + x - area.x]!++;
        }
      }
      expect(hits.every((hit) => hit === 1)).toBe(true);
    }),
  );
});

test("all sources have one shape, lie on the network's grid inside the grown image, and hold what is kept", () => {
  fc.assert(
    fc.property(plans, (options) => {
      const tiles = planTiles(options).rows.flat();
      const grown = (side: number) => Math.ceil(side / stride) * stride;
      const { width, height } = tiles[0]!.source;
      for (const { source, keep } of tiles) {
        expect([source.width, source.height]).toEqual([width, height]);
        expect([source.x % stride, source.y % stride]).toEqual([0, 0]);
        expect(source.x).toBeGreaterThanOrEqual(0);
        expect(source.y).toBeGreaterThanOrEqual(0);
        expect(source.x + source.width).toBeLessThanOrEqual(grown(options.width));
        expect(source.y + source.height).toBeLessThanOrEqual(grown(options.height));
        const left = keep.x - source.x;
        const right = source.x + source.width - keep.x - keep.width;
        // The whole margin, unless the image ends before it does.
        expect(left).toBeGreaterThanOrEqual(Math.min(options.margin, keep.x));
        expect(right).toBeGreaterThanOrEqual(
          Math.min(options.margin, grown(options.width) - keep.x - keep.width),
        );
      }
    }),
  );
});

test.each([0, -8, 12, 8.5, Number.NaN])("a tile size of %p is refused with the stride", (size) => {
  expect(() => planTiles({ width: 64, height: 64, size, margin: 8, stride })).toThrow(
    expect.objectContaining({ code: "InvalidTileSize", details: { size, stride } }),
  );
});

test("tiles are as few as their size allows, and read no more than they need", () => {
  const { rows, count } = planTiles({ width: 6000, height: 4000, size: 512, margin: 32, stride: 8 });
  expect(count).toBe(12 * 8);
  expect(rows[0]!.map(({ keep }) => keep.width)).toEqual([528, ...Array<number>(10).fill(496), 512]);
  expect(rows.map(([tile]) => tile!.keep.height)).toEqual([528, ...Array<number>(6).fill(496), 496]);
  expect(rows.flat().every(({ source }) => source.width === 560 && source.height === 560)).toBe(true);
});

test("blending tiles that agree gives their picture back, every pixel once, in whatever order they come", () => {
  const order = fc.array(fc.double({ noNaN: true }), { minLength: 64, maxLength: 64 });
  fc.assert(
    fc.property(plans, order, (options, keys) => {
      const plan = planTiles(options);
      const feather = Math.min(16, options.margin, options.size / 2);
      const blender = new TileBlender(plan, feather);
      const valueAt = (x: number, y: number, channel: number) => Math.sin(x * 0.7 + y * 1.3 + channel);
      const { area } = plan;
      const written = new Uint8Array(area.width * area.height);
      let worst = 0;
      const tiles = plan.rows.flat().map((tile, index) => ({ tile, key: keys[index % 64]! }));
      for (const { tile } of tiles.sort((a, b) => a.key - b.key)) {
        const { x, y, width, height } = tile.source;
        const rgb = Float32Array.from({ length: width * height * 3 }, (_, index) =>
          valueAt(x + (Math.floor(index / 3) % width), y + Math.floor(index / 3 / width), index % 3),
        );
        for (const part of blender.add(tile, { width, height, rgb } satisfies PixelBlock)) {
          part.rgb.forEach((value, index) => {
            const column = part.rect.x + (Math.floor(index / 3) % part.rect.width);
            const row = part.rect.y + Math.floor(index / 3 / part.rect.width);
            worst = Math.max(worst, Math.abs(value - valueAt(column, row, index % 3)));
            written[(row - area.y) * area.width + column - area.x]! += index % 3 === 0 ? 1 : 0;
          });
        }
      }
      expect(worst).toBeLessThan(1e-5);
      expect(written.every((times) => times === 1)).toBe(true);
    }),
    {
      numRuns: 12,
      // Kept parts that are narrower than two ramps.
      examples: [
        [
          {
            width: 145,
            height: 1,
            size: 32,
            margin: 40,
            stride: 8,
            region: { x: 0, y: 0, width: 105, height: 1 },
          },
          new Array<number>(64).fill(0),
        ],
      ],
    },
  );
});

test("across a border the result ramps from one tile to the other", () => {
  const plan = planTiles({ width: 96, height: 8, size: 32, margin: 16, stride });
  const blender = new TileBlender(plan, 8);
  const line = new Array<number>(96);
  plan.rows[0]!.forEach((tile, index) => {
    const { width, height } = tile.source;
    const block = { width, height, rgb: new Float32Array(width * height * 3).fill(index) };
    for (const { rect, rgb } of blender.add(tile, block)) {
      for (let x = 0; x < rect.width; x++) line[rect.x + x] = rgb[x * 3]!;
    }
  });
  expect(line.slice(0, 40).every((value) => value === 0)).toBe(true);
  expect(line.slice(56).every((value) => value === 1)).toBe(true);
  const ramp = line.slice(40, 56);
  expect(ramp.every((value, index) => Math.abs(value - (index + 0.5) / 16) < 1e-6)).toBe(true);
});
