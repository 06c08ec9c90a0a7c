import { PassThrough } from "node:stream";
import { expect, test } from "@jest/globals";
import { ProgressBar } from "../../packages/cli/src/progress-bar.js";

/** A terminal that remembers what was written to it. */
function makeTerminal(): { terminal: NodeJS.WriteStream; read: () => string } {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  return {
    terminal: stream as unknown as NodeJS.WriteStream,
    read: () => ((stream.read() as Buffer | null) ?? "").toString(),
  };
}

test("the bar shows how many files are done, and how far those are that are under way", () => {
  const { terminal, read } = makeTerminal();
  const bar = new ProgressBar(terminal, 2);
  bar.begin("a.png");
  expect(read()).toContain(`${"░".repeat(24)} 0 of 2 done  a.png`);
  bar.advance("a.png", 1, 2);
  expect(read()).toContain(`${"█".repeat(6)}${"░".repeat(18)} 0 of 2 done  a.png, tile 1 of 2`);
  bar.advance("b.png", 1, 2);
  expect(read()).toContain(`${"█".repeat(12)}${"░".repeat(12)} 0 of 2 done  b.png, tile 1 of 2`);
  bar.finish("a.png");
  expect(read()).toContain(`${"█".repeat(18)}${"░".repeat(6)} 1 of 2 done`);
});

test("nothing is left on the screen when all files are done", () => {
  const { terminal, read } = makeTerminal();
  const bar = new ProgressBar(terminal, 1);
  bar.begin("a.png");
  read();
  bar.clear();
  bar.finish("a.png");
  // What is left of the bar's line is what erases it.
  expect(read()).not.toMatch(/[█░]|done/);
});
