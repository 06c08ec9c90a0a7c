import type { Arena, Lap } from "./arena.js";
import type { TileCounts } from "./booth.js";
import { isOtherTask, type ContestantName } from "./contestants/contestant.js";
import { greatestDifference } from "./statistics.js";

/** What is compared. */
export interface ContestOptions {
  /** Who takes part, in the order of the tables. */
  readonly names: readonly ContestantName[];
  /** Sides of the square tiles, in pixels. */
  readonly sizes: readonly number[];
  /** Tiles that each contestant restores after its warm-up. */
  readonly rounds: number;
  /** The largest tile of contestants that take minutes, in pixels. */
  readonly slowLimit: number;
  /** Told what is being done. */
  readonly say: (line: string) => void;
}

/** One contestant at one size. */
export interface TileResult {
  readonly name: ContestantName;
  /** Side of the tile, in pixels. */
  readonly side: number;
  /** Milliseconds of the first tile of this size, shaders compiled and memory allocated. */
  readonly first: number;
  readonly laps: readonly Lap[];
  /** What was counted of one more tile. */
  readonly counts: TileCounts;
  /** Greatest difference to the reference; undefined for another task. */
  readonly difference: number | undefined;
}

/** What is known of a contestant besides its tiles. */
export interface StartResult {
  readonly name: ContestantName;
  /** Milliseconds until it was ready. */
  readonly opened: number;
  /** Milliseconds from then to the first restored pixels, at the least size. */
  readonly firstTile: number;
  /** Bytes that its page had loaded by then, compressed; undefined in Node. */
  readonly bytes: number | undefined;
  /** New mixtures merged, one after the other; empty without experts. */
  readonly swaps: readonly Lap[];
}

/** A contest's results. */
export interface ContestResult {
  /** Such as `Node 20.20.2`. */
  readonly runtime: string;
  readonly starts: readonly StartResult[];
  readonly tiles: readonly TileResult[];
  /** Who did not start, and why. */
  readonly absent: readonly { readonly name: ContestantName; readonly reason: string }[];
}

/** The most by which single precision may differ from the reference. */
const tolerance = 1e-4;

/** Who computes everything op by op on a GPU, which takes minutes on a software GPU. */
const slowNames: ReadonlySet<ContestantName> = new Set(["tfjs-webgpu", "onnx-webgpu", "upscaler-webgl"]);

/**
 * Lets everybody restore the same tiles, one after the other in each round. Before a time is taken, every contestant's result
 * is compared with the reference.
 *
 * @param arena - where
 * @param reference - the right result of a tile of a size
 * @param options - who and what
 * @throws Error if a contestant in single precision does not restore what the reference does
 */
export async function runContest(
  arena: Arena,
  reference: (side: number) => Promise<Float32Array>,
  options: ContestOptions,
): Promise<ContestResult> {
  const { say } = options;
  const sizes = [...options.sizes].sort((a, b) => a - b);
  const starts: StartResult[] = [];
  const absent: { name: ContestantName; reason: string }[] = [];
  const firstTiles = new Map<ContestantName, number>();
  for (const name of options.names) {
    try {
      say(`${name} starts`);
      const opened = await arena.open(name);
      const first = await restoreFirst(arena, name, sizes[0]!, reference);
      firstTiles.set(name, first.milliseconds);
      starts.push({
        ...{ name, opened, firstTile: first.milliseconds },
        bytes: arena.countLoaded(name),
        swaps: await takeSwaps(arena, name),
      });
    } catch (error) {
      if (error instanceof WrongResult) throw error;
      const reason = reasonOf(error);
      say(`${name} does not take part: ${reason}`);
      absent.push({ name, reason });
    }
  }
  const tiles: TileResult[] = [];
  for (const side of sizes) {
    const names = starts
      .map(({ name }) => name)
      .filter((name) => side <= options.slowLimit || !slowNames.has(name));
    const laps = new Map<ContestantName, Lap[]>(names.map((name) => [name, []]));
    const warmed = new Map<ContestantName, { milliseconds: number; difference: number | undefined }>();
    for (const name of names) {
      say(`${name} warms up at ${side}`);
      warmed.set(name, await restoreFirst(arena, name, side, reference));
    }
    for (let round = 0; round < options.rounds; round++) {
      say(`round ${round + 1} of ${options.rounds} at ${side}`);
      for (const name of names) laps.get(name)!.push(await arena.restore(name, side));
    }
    for (const name of names) {
      const { milliseconds, difference } = warmed.get(name)!;
      tiles.push({
        ...{ name, side, difference, laps: laps.get(name)! },
        first: side === sizes[0] ? firstTiles.get(name)! : milliseconds,
        counts: await arena.count(name, side),
      });
    }
  }
  return { runtime: arena.runtime, starts, tiles, absent };
}

/** A contestant restored something else than the reference. */
class WrongResult extends Error {}

async function restoreFirst(
  arena: Arena,
  name: ContestantName,
  side: number,
  reference: (side: number) => Promise<Float32Array>,
): Promise<{ milliseconds: number; difference: number | undefined }> {
  const { milliseconds, result } = await arena.restoreFirst(name, side);
  if (isOtherTask(name)) return { milliseconds, difference: undefined };
  const difference = greatestDifference(result, await reference(side));
  if (name !== "wgsl-f16" && !(difference <= tolerance)) {
    throw new WrongResult(
      `${name} restores a tile of ${side} pixels with a difference of ${difference} to the reference`,
    );
  }
  return { milliseconds, difference };
}

/** The first merge uploads the experts and does not count. */
async function takeSwaps(arena: Arena, name: ContestantName): Promise<Lap[]> {
  const laps: Lap[] = [];
  for (let swap = 0; swap < 6; swap++) {
    const lap = await arena.swap(name);
    if (lap === undefined) return [];
    if (swap > 0) laps.push(lap);
  }
  return laps;
}

/** The first line of an error's message, without what a browser's driver puts before it. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split("\n")[0] ?? "").replace(/^page\.evaluate: (\w+: )?/, "");
}
