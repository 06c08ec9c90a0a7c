import { LimpidError } from "../../base/index.js";

/** 2^32: turns 32 random bits into a number in 0..1. */
const range = 2 ** 32;

/**
 * One seeded stream of random numbers: the generator xoshiro128++ 1.0 (Blackman and Vigna, Scrambled Linear
 * Pseudorandom Number Generators, ACM Transactions on Mathematical Software 47, 2021), its state filled from the seed by
 * SplitMix32. The same seed gives the same bits in every runtime; normal numbers go through `Math.log` and `Math.cos`,
 * whose last digit may differ between engines.
 *
 * @example
 * ```ts
 * const source = new RandomSource(7);
 * source.uniform(0.5, 1);
 * source.choice(["disc", "hexagon"]);
 * ```
 */
export class RandomSource {
  readonly #state: Int32Array;
  /** The second number of the last Box-Muller pair, until it is asked for. */
  #spare: number | undefined;

  /**
   * @param seed - any safe integer
   * @throws {@link LimpidError} `InvalidArgument` for anything else
   */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) {
      throw new LimpidError("InvalidArgument", `a seed must be a safe integer, not ${seed}`, {
        details: { seed },
      });
    }
    const nextOfHigh = splitMix32(Math.floor(seed / range));
    const next = splitMix32(seed ^ nextOfHigh());
    this.#state = Int32Array.from({ length: 4 }, next);
  }

  /** The next 32 bits, as an integer in 0 .. 2^32 - 1. */
  bits(): number {
    const state = this.#state;
    const first = state[0]!;
    const second = state[1]!;
    const third = state[2]! ^ first;
    const fourth = state[3]! ^ second;
    const result = (rotateLeft((first + state[3]!) | 0, 7) + first) >>> 0;
    state[0] = first ^ fourth;
    state[1] = second ^ third;
    state[2] = third ^ (second << 9);
    state[3] = rotateLeft(fourth, 11);
    return result;
  }

  /** A number in `low` .. `high`, evenly spread; `high` itself does not come up. */
  uniform(low: number, high: number): number {
    return low + ((high - low) * this.bits()) / range;
  }

  /** A number in `low` .. `high`, evenly spread on a logarithmic scale: for sizes of more than one octave; `low` is above 0. */
  logarithmic(low: number, high: number): number {
    return low * (high / low) ** this.uniform(0, 1);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.bits() / range < probability;
  }

  /** An integer in `low` .. `high`, both ends included. */
  integer(low: number, high: number): number {
    return low + Math.floor(((high - low + 1) * this.bits()) / range);
  }

  /** One of the items, each as likely as the others. */
  choice<const T extends readonly [unknown, ...unknown[]]>(items: T): T[number] {
    return items[this.integer(0, items.length - 1)];
  }

  /** One of the keys, each as often as its share of the sum says. */
  weighted<K extends string>(shares: Readonly<Record<K, number>>): K {
    const names = Object.keys(shares) as K[];
    let at = this.uniform(
      0,
      names.reduce((sum, name) => sum + shares[name], 0),
    );
    let chosen: K | undefined;
    for (const name of names) {
      chosen = name;
      at -= shares[name];
      if (at < 0) break;
    }
    if (chosen === undefined) throw new LimpidError("InvalidArgument", "there are no shares to choose from");
    return chosen;
  }

  /** A number of the standard normal distribution, by Box and Muller's transform. */
  normal(): number {
    if (this.#spare !== undefined) {
      const value = this.#spare;
      this.#spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log((this.bits() + 1) / range));
    const angle = (2 * Math.PI * this.bits()) / range;
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Independent standard normal numbers. */
  normals(count: number): Float32Array {
    const values = new Float32Array(count);
    for (let index = 0; index < count; index++) values[index] = this.normal();
    return values;
  }
}

function rotateLeft(word: number, count: number): number {
  return (word << count) | (word >>> (32 - count));
}

/** The SplitMix32 stream that begins at a seed: four of its words are never all zero. */
function splitMix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let word = state ^ (state >>> 16);
    word = Math.imul(word, 0x21f0aaad);
    word ^= word >>> 15;
    word = Math.imul(word, 0x735a2d97);
    return word ^ (word >>> 15);
  };
}
