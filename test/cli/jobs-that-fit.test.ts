import { expect, test } from "@jest/globals";
import { jobsThatFit } from "../../packages/cli/src/jobs-that-fit.js";

test.each([
  [24, 64, 64, 24],
  [24, 8, 64, 8],
  [24, 64, 4, 6],
  [24, 64, 0.1, 1],
  [1, 1, 64, 1],
])("of %i jobs on %i processors with %f GB free %i run", (jobs, processors, gigabytes, expected) => {
  expect(jobsThatFit(jobs, { processors, freeMemory: gigabytes * 2 ** 30 })).toBe(expected);
});
