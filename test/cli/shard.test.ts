import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { isInShard } from "../../packages/cli/src/shard.js";

function shardsOf(name: string, count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1).filter((index) =>
    isInShard(name, { index, count }),
  );
}

test("every file belongs to exactly one part, however many parts there are", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 40 }), (name, count) => {
      expect(shardsOf(name, count)).toHaveLength(1);
    }),
  );
});

test("parts are about equally large", () => {
  const counts = new Array<number>(8).fill(0);
  for (let file = 0; file < 4000; file++) counts[shardsOf(`IMG_${file}.jpg`, 8)[0]! - 1]!++;
  for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(100);
});

test("the part is the same on every machine and in every version", () => {
  expect(["a.png", "b.png", "holiday/IMG_0001.jpg"].map((name) => shardsOf(name, 16)[0])).toEqual([
    16, 15, 5,
  ]);
});

test("an accent counts the same whether the file system composes it or not", () => {
  expect(shardsOf("caf\u00e9.png", 1000)).toEqual(shardsOf("cafe\u0301.png", 1000));
});
