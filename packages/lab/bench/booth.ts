import type { Contestant, ContestantFiles, ContestantName } from "./contestants/contestant.js";
import { openContestant } from "./contestants/open-contestant.js";
import type { GpuCounts, GpuInstruments } from "./gpu-instruments.js";
import { makeTestImage } from "./test-image.js";

/** What a first tile took and gave. */
export interface FirstTile {
  /** From the opening of the contestant, or since the last size, to the restored pixels, in milliseconds. */
  readonly milliseconds: number;
  /** The restored pixels, interleaved RGB. */
  readonly result: Float32Array;
}

/** What is counted of one tile, apart from those that are timed. */
export interface TileCounts extends GpuCounts {
  /** The most bytes of buffers that were alive at once on the GPU until now. */
  readonly peakBytes: number;
}

/** Where one contestant is measured: in Node, or in a page. */
export class Booth {
  readonly #name: ContestantName;
  readonly #contestant: Contestant;
  readonly #instruments: GpuInstruments;
  readonly #openedIn: number;
  #swaps = 0;

  private constructor(
    name: ContestantName,
    contestant: Contestant,
    instruments: GpuInstruments,
    openedIn: number,
  ) {
    this.#name = name;
    this.#contestant = contestant;
    this.#instruments = instruments;
    this.#openedIn = openedIn;
  }

  /**
   * Readies a contestant.
   *
   * @param instruments - installed before
   * @param started - when its start began, by `performance.now()`
   */
  static async open(
    name: ContestantName,
    files: ContestantFiles,
    instruments: GpuInstruments,
    started: number,
  ): Promise<Booth> {
    instruments.owner = name;
    const contestant = await openContestant(name, files);
    return new Booth(name, contestant, instruments, performance.now() - started);
  }

  /** Milliseconds that the contestant took to be ready for a first tile. */
  get openedIn(): number {
    return this.#openedIn;
  }

  /** Whether it has experts to swap. */
  get hasExperts(): boolean {
    return this.#contestant.swap !== undefined;
  }

  /** The warm-up: a tile whose time counts for nothing else. */
  async restoreFirst(side: number): Promise<FirstTile> {
    const started = performance.now();
    const result = await this.#contestant.restore(makeTestImage(side));
    return { milliseconds: performance.now() - started, result };
  }

  /** Restores a tile. @returns milliseconds */
  async restore(side: number): Promise<number> {
    const block = makeTestImage(side);
    const started = performance.now();
    await this.#contestant.restore(block);
    return performance.now() - started;
  }

  /** Restores a tile and counts. */
  async count(side: number): Promise<TileCounts> {
    const block = makeTestImage(side);
    this.#instruments.start(this.#name);
    await this.#contestant.restore(block);
    const counts = await this.#instruments.stop();
    return { ...counts, peakBytes: this.#instruments.peakBytes(this.#name) };
  }

  /** Merges a mixture that was not merged before. @returns milliseconds until the device has nothing left to do */
  async swap(): Promise<number> {
    const weight = 0.5 + ++this.#swaps / 64;
    const started = performance.now();
    await this.#contestant.swap?.(weight);
    return performance.now() - started;
  }
}
