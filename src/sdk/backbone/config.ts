import { LimpidError } from "../base/index.js";

/** The degradation-guided modulator (LoRA-IR's DAM) of each level. */
export interface ModulatorConfig {
  /** Channels of its hidden layer, computed from the embedding: 128 as published. */
  readonly hiddenSize: number;
  /** The gate's bottleneck has `max(minimumBottleneck, floor(C / bottleneckDivisor))` of the level's C channels. */
  readonly bottleneckDivisor: number;
  /** Fewest channels of the bottleneck. As published 1, since the published code cannot go below 16 channels. */
  readonly minimumBottleneck: number;
  /** Whether the decoder's levels are modulated too: false as published, though the paper's figure shows it. */
  readonly decoder: boolean;
  /** Whether a shift computed from the embedding is added to the gated features: false as published. */
  readonly shift: boolean;
}

/** The restoration network: NAFNet blocks in a U-shape, modulated at each level by the degradation embedding. */
export interface BackboneConfig {
  /** Channels of the image that goes in and comes out. */
  readonly imageChannels: number;
  /**
   * Side of the squares of pixels that become one pixel with the channels of all, in the order (C, row, column), so that the
   * whole network computes at that much less resolution; its last convolution gives as many channels, which are spread over
   * the squares again. 2 or 4; left out, every pixel stays its own.
   */
  readonly unshuffle?: 2 | 4;
  /** Channels C at the first level; each level down has twice as many. */
  readonly width: number;
  /** NAFNet blocks of each encoder level, full resolution first. Its length is the number of levels. */
  readonly encoderBlocks: readonly number[];
  /** NAFNet blocks at the lowest resolution. */
  readonly middleBlocks: number;
  /** NAFNet blocks of each decoder level, lowest resolution first; as many levels as the encoder. */
  readonly decoderBlocks: readonly number[];
  /** Length of the router's degradation embedding. */
  readonly embeddingSize: number;
  /** The modulator of each level. */
  readonly modulator: ModulatorConfig;
  /**
   * Which convolutions experts may change: `"all"` of them, as published, or only the `"pointwise"` (1x1) ones
   * inside the NAFNet blocks.
   */
  readonly expertTargets: "all" | "pointwise";
}

/** Sizes beyond these are refused, so that a malformed config cannot ask for unbounded memory. */
const limits = { channels: 65_536, levels: 8, blocks: 256 };

/**
 * Reads a config, as it stands in `model.json`.
 *
 * @param json - the parsed JSON
 * @returns a frozen copy
 * @throws {@link LimpidError} `InvalidConfig` if a field is missing, unknown, of the wrong type or out of range, or if
 * fields contradict each other; `details.problems` lists every fault
 */
export function validateBackboneConfig(json: unknown): BackboneConfig {
  const problems: string[] = [];
  const config = new Fields(json, "config", problems);
  const modulator = new Fields(config.take("modulator"), "config.modulator", problems);
  const result: BackboneConfig = {
    imageChannels: config.integer("imageChannels", 1, limits.channels),
    ...config.optionalChoice("unshuffle", [2, 4] as const),
    width: config.integer("width", 1, limits.channels),
    encoderBlocks: config.integers("encoderBlocks", limits.blocks, limits.levels),
    middleBlocks: config.integer("middleBlocks", 0, limits.blocks),
    decoderBlocks: config.integers("decoderBlocks", limits.blocks, limits.levels),
    embeddingSize: config.integer("embeddingSize", 1, limits.channels),
    modulator: Object.freeze({
      hiddenSize: modulator.integer("hiddenSize", 1, limits.channels),
      bottleneckDivisor: modulator.integer("bottleneckDivisor", 1, limits.channels),
      minimumBottleneck: modulator.integer("minimumBottleneck", 1, limits.channels),
      decoder: modulator.boolean("decoder"),
      shift: modulator.boolean("shift"),
    }),
    expertTargets: config.choice("expertTargets", ["all", "pointwise"] as const),
  };
  config.refuseOthers();
  modulator.refuseOthers();
  if (result.encoderBlocks.length !== result.decoderBlocks.length) {
    problems.push(
      `config.encoderBlocks has ${result.encoderBlocks.length} levels, config.decoderBlocks ` +
        `${result.decoderBlocks.length}: they must be as many`,
    );
  }
  if (problems.length > 0) {
    throw new LimpidError("InvalidConfig", `the backbone's config is invalid: ${problems.join("; ")}`, {
      details: { problems },
    });
  }
  return Object.freeze(result);
}

/**
 * The side of the squares that the network works on: images are padded to a multiple of it.
 *
 * @returns 2 to the number of levels, times the side of the squares of an unshuffle, in pixels
 */
export function backboneStride({ encoderBlocks, unshuffle }: BackboneConfig): number {
  return (unshuffle ?? 1) * 2 ** encoderBlocks.length;
}

/** Channels of the network's first convolution's input and of its last one's output: those of a square of pixels. */
export function squareChannels({ imageChannels, unshuffle }: BackboneConfig): number {
  return imageChannels * (unshuffle ?? 1) ** 2;
}

/**
 * Channels at a level.
 *
 * @param level - 0 at full resolution, `encoderBlocks.length` in the middle
 */
export function channelsAtLevel(config: BackboneConfig, level: number): number {
  return config.width * 2 ** level;
}

/** Channels of a modulator's bottleneck at a level with `channels` channels. */
export function bottleneckSize(config: BackboneConfig, channels: number): number {
  const { bottleneckDivisor, minimumBottleneck } = config.modulator;
  return Math.max(minimumBottleneck, Math.floor(channels / bottleneckDivisor));
}

/** The fields of one JSON object, taken out one by one; what is wrong with them is noted, not thrown. */
class Fields {
  readonly #rest: Map<string, unknown>;
  readonly #where: string;
  readonly #problems: string[];

  constructor(json: unknown, where: string, problems: string[]) {
    const isObject = typeof json === "object" && json !== null && !Array.isArray(json);
    if (!isObject) problems.push(`${where} is not an object`);
    this.#rest = new Map(isObject ? Object.entries(json) : []);
    this.#where = where;
    this.#problems = problems;
  }

  take(name: string): unknown {
    const value = this.#rest.get(name);
    this.#rest.delete(name);
    return value;
  }

  integer(name: string, minimum: number, maximum: number): number {
    const value = this.take(name);
    if (isIntegerWithin(value, minimum, maximum)) return value;
    this.#refuse(name, value, `an integer from ${minimum} to ${maximum}`);
    return minimum;
  }

  integers(name: string, maximum: number, maximumLength: number): readonly number[] {
    const value = this.take(name);
    if (
      Array.isArray(value) &&
      value.length >= 1 &&
      value.length <= maximumLength &&
      value.every((item) => isIntegerWithin(item, 0, maximum))
    ) {
      return Object.freeze([...value]);
    }
    this.#refuse(name, value, `1 to ${maximumLength} integers from 0 to ${maximum}`);
    return [];
  }

  boolean(name: string): boolean {
    const value = this.take(name);
    if (typeof value === "boolean") return value;
    this.#refuse(name, value, "true or false");
    return false;
  }

  choice<T extends string | number>(name: string, choices: readonly [T, ...T[]]): T {
    const value = this.take(name);
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) this.#refuse(name, value, choices.map((c) => JSON.stringify(c)).join(" or "));
    return choice ?? choices[0];
  }

  /** The field alone in an object, or an empty one if it is left out. */
  optionalChoice<Name extends string, T extends string | number>(
    name: Name,
    choices: readonly [T, ...T[]],
  ): Partial<Record<Name, T>> {
    if (!this.#rest.has(name)) return {};
    return { [name]: this.choice(name, choices) } as Record<Name, T>;
  }

  refuseOthers(): void {
    for (const name of this.#rest.keys()) this.#problems.push(`${this.#where}.${name} is unknown`);
  }

  #refuse(name: string, value: unknown, expected: string): void {
    const found = value === undefined ? "missing" : JSON.stringify(value);
    this.#problems.push(`${this.#where}.${name} is ${found}, expected ${expected}`);
  }
}

function isIntegerWithin(value: unknown, minimum: number, maximum: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= maximum;
}
