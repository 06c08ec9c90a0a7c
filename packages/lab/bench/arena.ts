import type { FirstTile, TileCounts } from "./booth.js";
import type { ContestantName } from "./contestants/contestant.js";

/** Time that something took, in milliseconds. */
export interface Lap {
  /** On the clock. */
  readonly wall: number;
  /** Of all cores together, everything included that works for the contestants; undefined if nobody knows. */
  readonly processor: number | undefined;
}

/** Where contestants are measured: Node or a browser. */
export interface Arena {
  /** What it runs in, such as `Node 20.20.2`. */
  readonly runtime: string;

  /**
   * Readies a contestant.
   *
   * @returns milliseconds that it took
   * @throws whatever keeps it from starting here
   */
  open(name: ContestantName): Promise<number>;

  /** See {@link Booth.restoreFirst}. */
  restoreFirst(name: ContestantName, side: number): Promise<FirstTile>;

  /** Restores a tile. */
  restore(name: ContestantName, side: number): Promise<Lap>;

  /** See {@link Booth.count}. */
  count(name: ContestantName, side: number): Promise<TileCounts>;

  /** Merges a new mixture of two experts; undefined if the contestant has none. */
  swap(name: ContestantName): Promise<Lap | undefined>;

  /** Bytes that the contestant's page has loaded until now, compressed; undefined if it is none. */
  countLoaded(name: ContestantName): number | undefined;

  /** The GPU that WebGPU computes on, and what drives it. */
  describeGpu(): Promise<string>;

  /** Ends. */
  close(): Promise<void>;
}
