import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { routeTopK } from "../../src/sdk/experts/index.js";

describe("routeTopK", () => {
  test("is a softmax over the k largest logits", () => {
    const weights = routeTopK([1, 3, -2, 2], 2);
    const [large, small] = [Math.exp(3), Math.exp(2)];
    expect(weights).toEqual([
      0,
      expect.closeTo(large / (large + small), 12),
      0,
      expect.closeTo(small / (large + small), 12),
    ]);
  });

  test("is a hard switch for k = 1, and keeps the first of equals", () => {
    expect(routeTopK(Float32Array.of(0, 5, 5), 1)).toEqual([0, 1, 0]);
    expect(routeTopK([7], 1)).toEqual([1]);
  });

  test("does not overflow", () => {
    expect(routeTopK([1000, -1000, 999], 3)).toEqual([
      expect.closeTo(0.731058578, 8),
      0,
      expect.closeTo(0.268941421, 8),
    ]);
  });

  test("gives k positive weights that sum to 1, in the order of the logits", () => {
    const logits = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(logits, fc.nat(), (values, seed) => {
        const k = 1 + (seed % values.length);
        const weights = routeTopK(values, k);
        expect(weights.filter((weight) => weight > 0)).toHaveLength(k);
        expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
        const least = Math.min(...values.filter((_, index) => weights[index]! > 0));
        expect(values.every((value, index) => weights[index]! > 0 || value <= least)).toBe(true);
        values.forEach((value, i) => {
          values.forEach((other, j) => {
            if (value > other) expect(weights[i]!).toBeGreaterThanOrEqual(weights[j]!);
          });
        });
      }),
    );
  });

  test.each([
    [[], 1],
    [[1, Number.NaN], 1],
    [[1, Infinity], 1],
    [[1, 2], 0],
    [[1, 2], 3],
    [[1, 2], 1.5],
  ])("refuses logits %j with k = %d", (logits, k) => {
    expect(() => routeTopK(logits, k)).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
  });
});
