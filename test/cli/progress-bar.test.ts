import { PassThrough } from "node:stream";
import { expect, test } from "@jest/globals";
import { ProgressBar } from "../../packages/cli/src/progress-bar.js";

/** A bar on a terminal that remembers the lines of the last drawing, and a clock that a test sets. */
function makeBar(total: number) {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 100, rows: 24 });
  const clock = { milliseconds: 0 };
  const bar = new ProgressBar(stream as unknown as NodeJS.WriteStream, total, () => clock.milliseconds);
  const read = (): string[] =>
    ((stream.read() as Buffer | null) ?? "")
      .toString()
      // eslint-disable-next-line no-control-regex -- what moves the cursor
      .replace(/\x1b\[[?\d;]*[A-Za-z]/g, "")
      .split("\n")
      .filter((line) => line !== "");
  return { bar, clock, read };
}

const full = (columns: number): string => "█".repeat(columns) + "░".repeat(24 - columns);

test("each photo has a bar, with the time that is left once two tiles tell it, and all together have one", () => {
  const { bar, clock, read } = makeBar(3);
  bar.begin("a.png", "looking at it");
  expect(read()).toEqual([`${full(0)}   0 %  a.png, looking at it`, `${full(0)} 0 of 3 done`]);
  clock.milliseconds = 5000; // the start, which says nothing of the tiles
  bar.advance("a.png", { fraction: 0, done: 0, total: 4 });
  expect(read()).toEqual([]); // as before
  bar.advance("a.png", { fraction: 0.25, done: 1, total: 4 });
  expect(read()[0]).toBe(`${full(6)}  25 %  a.png, tile 1 of 4`);
  clock.milliseconds = 9000;
  bar.advance("a.png", { fraction: 0.5, done: 2, total: 4 });
  expect(read()).toEqual([
    `${full(12)}  50 %  a.png, tile 2 of 4, about 8 s left`,
    // Half a photo took 9 s.
    `${full(4)} 0 of 3 done, about 45 s left`,
  ]);
  // Only lines that change are drawn again.
  clock.milliseconds = 10_500;
  bar.begin("b.png", "looking at it");
  expect(read()).toEqual([
    `${full(12)}  50 %  a.png, tile 2 of 4, about 7 s left`, // since then 1.5 s have passed
    `${full(0)}   0 %  b.png, looking at it`,
    `${full(4)} 0 of 3 done, about 53 s left`,
  ]);
  bar.finish("a.png");
  read();
  bar.finish("c.png"); // its result was there: that says nothing of the time
  expect(read()).toEqual([`${full(16)} 2 of 3 done, about 11 s left`]);
  bar.clear();
});

test("long times are told in minutes and hours", () => {
  for (const [total, expected] of [
    [30, "about 5 min left"],
    [1000, "about 2 h 47 min left"],
  ] as const) {
    const { bar, clock, read } = makeBar(total);
    bar.begin("step 1");
    clock.milliseconds = 10_000;
    bar.finish("step 1");
    expect(read().at(-1)).toBe(`${full(Math.round(24 / total))} 1 of ${total} done, ${expected}`);
    bar.clear();
  }
});

test("nothing is left on the screen when all files are done", () => {
  const { bar, read } = makeBar(1);
  bar.begin("a.png", "looking at it");
  expect(read()).toEqual([`${full(0)}   0 %  a.png, looking at it`]);
  bar.clear();
  bar.finish("a.png");
  expect(read().join("")).not.toMatch(/[█░]|done/);
});
