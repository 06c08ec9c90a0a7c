import { markdownTable } from "../src/markdown-table.js";
import type { ContestResult, StartResult, TileResult } from "./contest.js";
import { contestantTitles, isOtherTask } from "./contestants/contestant.js";
import { formatSpread } from "./statistics.js";

/**
 * A contest's tables.
 *
 * @param result - what was measured
 * @param machine - what it was measured on, as one line
 * @returns Markdown, ending in a line end
 */
export function contestToMarkdown(result: ContestResult, machine: string): string {
  const sides = [...new Set(result.tiles.map(({ side }) => side))];
  const blocks = [
    `${machine}. Median (least to most) of ${result.tiles[0]?.laps.length ?? 0} tiles, contestants in turns after a warm-up.`,
    ...sides.flatMap((side) => [
      `A tile of ${side} x ${side}:`,
      markdownTable([
        tileHead,
        ...result.tiles.filter((tile) => tile.side === side).map((tile) => describeTile(tile)),
      ]),
    ]),
    `The start, with a first tile of ${sides[0] ?? 0} x ${sides[0] ?? 0}:`,
    markdownTable([startHead, ...result.starts.map((start) => describeStart(start))]),
    ...result.absent.map(({ name, reason }) => `${contestantTitles[name]} did not start: ${reason}`),
  ];
  return `${blocks.join("\n\n")}\n`;
}

const tileHead = [
  ...["executor", "wall ms", "processor ms", "processor us a pixel", "GPU ms", "dispatches"],
  ...["bound bytes a pixel", "peak GPU MiB", "greatest difference"],
];

function describeTile({ name, side, laps, counts, difference }: TileResult): string[] {
  const pixels = side * side;
  const processor = laps.flatMap((lap) => (lap.processor === undefined ? [] : [lap.processor]));
  const { dispatches, boundBytes, milliseconds, peakBytes } = counts;
  return [
    contestantTitles[name],
    formatSpread(laps.map(({ wall }) => wall)),
    formatSpread(processor),
    formatSpread(processor.map((time) => (time * 1000) / pixels)),
    milliseconds === undefined ? "" : milliseconds.toFixed(1),
    dispatches === 0 ? "" : String(dispatches),
    dispatches === 0 ? "" : (boundBytes / pixels).toFixed(0),
    peakBytes === 0 ? "" : (peakBytes / 2 ** 20).toFixed(1),
    difference === undefined || isOtherTask(name) ? "another task" : difference.toExponential(1),
  ];
}

const startHead = [
  ...["executor", "ready s", "first tile s", "page loads kB, compressed"],
  ...["swap of two experts, wall ms", "processor ms"],
];

function describeStart({ name, opened, firstTile, bytes, swaps }: StartResult): string[] {
  return [
    contestantTitles[name],
    (opened / 1000).toFixed(1),
    (firstTile / 1000).toFixed(1),
    bytes === undefined ? "" : (bytes / 1000).toFixed(0),
    formatSpread(swaps.map(({ wall }) => wall)),
    formatSpread(swaps.flatMap(({ processor }) => (processor === undefined ? [] : [processor]))),
  ];
}
