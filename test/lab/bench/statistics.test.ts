import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { formatSpread, greatestDifference, spreadOf } from "../../../packages/lab/bench/statistics.js";

test("a spread is the least, the middle and the greatest, in whatever order they come", () => {
  expect(spreadOf([3, 1, 2])).toEqual({ least: 1, median: 2, most: 3 });
  expect(spreadOf([4, 1, 3, 2])).toEqual({ least: 1, median: 2, most: 4 });
  expect(() => spreadOf([])).toThrow(RangeError);
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1 }), (values) => {
      const { least, median, most } = spreadOf(values);
      const below = values.filter((value) => value < median).length;
      const above = values.filter((value) => value > median).length;
      expect(least <= median && median <= most).toBe(true);
      expect(below).toBeLessThanOrEqual(values.length / 2);
      expect(above).toBeLessThanOrEqual(values.length / 2);
    }),
  );
});

test("a spread is written with its ends, one measurement without", () => {
  expect(formatSpread([10.04, 2, 3])).toBe("3.0 (2.0 to 10.0)");
  expect(formatSpread([2.55])).toBe("2.5");
  expect(formatSpread([])).toBe("");
});

test("the greatest difference is found, and nothing that is not a number passes for equal", () => {
  expect(greatestDifference(Float32Array.of(1, 2, 3), Float32Array.of(1, 2.5, 2.75))).toBe(0.5);
  expect(greatestDifference(Float32Array.of(1, NaN), Float32Array.of(1, 2))).toBeNaN();
  expect(greatestDifference(Float32Array.of(1, NaN, 3), Float32Array.of(1, 2, 3))).toBeNaN();
  expect(() => greatestDifference(Float32Array.of(1), Float32Array.of(1, 2))).toThrow("1 numbers against 2");
});
