import { parseArgs } from "node:util";
import { contestantNames, type ContestantName } from "./contestants/contestant.js";

/** What the command line asks for. */
export interface BenchOptions {
  /** Sides of tiles, in pixels. */
  readonly sizes: readonly number[];
  readonly executors: readonly ContestantName[];
  /** Tiles that each contestant restores after its warm-up. */
  readonly rounds: number;
  /** The largest tile of contestants that compute op by op on a GPU, in pixels. */
  readonly slowLimit: number;
  /** Whether it runs in Chromium, not in Node. */
  readonly browser: boolean;
  /** A file for the results as JSON. */
  readonly json?: string;
  /** A document, or a part of one as `FILE#NAME`, for the tables. */
  readonly markdown?: string;
}

/** What is run if nothing is said. Chromium's software GPU is ten times slower than Node's. */
const presets = {
  node: { sizes: [64, 128, 256, 512], rounds: 3, slowLimit: 256 },
  browser: { sizes: [64, 128], rounds: 3, slowLimit: 64 },
  quick: { sizes: [64, 128], rounds: 2, slowLimit: 64 },
};

/** What `--help` says. */
export const benchHelp = `npm run bench -- [options]

Compares Limpid's executors with each other and with their peers.

--sizes LIST          sides of the tiles in pixels, such as 64,128
--executors LIST      of ${contestantNames.join(", ")}
--rounds N            tiles of each after the warm-up
--browser             in Chromium instead of Node
--quick               small tiles, few rounds
--json FILE           write the results there
--markdown FILE#PART  write the tables there, between <!-- begin PART --> and <!-- end PART -->
--help                this`;

/**
 * Reads the arguments of `npm run bench`.
 *
 * @param args - without the program's name
 * @returns the options; undefined if help was asked for
 * @throws RangeError or TypeError, with a message for people, if they cannot be read
 */
export function parseBenchOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      sizes: { type: "string" },
      executors: { type: "string" },
      rounds: { type: "string" },
      browser: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      json: { type: "string" },
      markdown: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { browser, quick, json, markdown, sizes, executors, rounds } = values;
  const preset = quick ? presets.quick : browser ? presets.browser : presets.node;
  const everybody = contestantNames.filter((name) => browser || !name.startsWith("upscaler-"));
  const chosenSizes = sizes === undefined ? preset.sizes : parseSizes(sizes);
  return {
    sizes: chosenSizes,
    executors: executors === undefined ? everybody : parseContestants(executors),
    rounds: rounds === undefined ? preset.rounds : parseRounds(rounds),
    // Who names sizes means them.
    slowLimit: sizes === undefined ? preset.slowLimit : Math.max(...chosenSizes),
    browser,
    ...(json !== undefined && { json }),
    ...(markdown !== undefined && { markdown }),
  };
}

function parseSizes(text: string): number[] {
  const sizes = text.split(",").map(Number);
  if (sizes.every((size) => Number.isSafeInteger(size) && size >= 8 && size % 8 === 0)) {
    return [...new Set(sizes)];
  }
  throw new RangeError(`--sizes are multiples of 8, such as 64,128; not ${text}`);
}

function parseContestants(text: string): ContestantName[] {
  const names = text.split(",");
  const unknown = names.filter((name) => !contestantNames.some((known) => known === name));
  if (unknown.length > 0) {
    throw new RangeError(`--executors: nobody is called ${unknown.join(" or ")}; see --help`);
  }
  return contestantNames.filter((name) => names.includes(name));
}

function parseRounds(text: string): number {
  const rounds = Number(text);
  if (/^\d+$/.test(text) && rounds >= 1 && rounds <= 1000) return rounds;
  throw new RangeError(`--rounds is a whole number from 1 to 1000, not ${text}`);
}
