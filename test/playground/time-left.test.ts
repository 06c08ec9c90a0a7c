import { expect, test } from "@jest/globals";
import { aboutTime, TimeLeft } from "../../examples/shared/time-left.js";

test("the time left follows from the work that is done, and runs down between two steps", () => {
  let now = 0;
  const left = new TimeLeft(() => now);
  expect([left.fraction, left.seconds]).toEqual([0, undefined]);
  now = 1000;
  left.reach(0.1);
  expect(left.seconds).toBeUndefined(); // too early to tell
  now = 4000;
  left.reach(0.2);
  expect(left.fraction).toBeCloseTo(0.2);
  expect(left.seconds).toBeCloseTo(16);
  now = 6000;
  expect(left.seconds).toBeCloseTo(14);
  now = 60_000;
  expect(left.seconds).toBe(0);
  left.reach(1);
  expect([left.fraction, left.seconds]).toEqual([1, 0]);
});

test.each([
  [0, "some seconds left"],
  [8, "about 10 s left"],
  [51, "about 55 s left"],
  [55, "about a minute left"],
  [89, "about a minute left"],
  [91, "about 2 minutes left"],
  [600, "about 10 minutes left"],
])("%d seconds are said as %s", (seconds, text) => expect(aboutTime(seconds)).toBe(text));
