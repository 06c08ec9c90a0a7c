import { backboneStride, listStages, type BackboneConfig } from "../../backbone/index.js";
import type { BatchShape, PassKind } from "../run-input.js";
import {
  blockFields,
  blockParts,
  layerFields,
  modes,
  type BlockRecord,
  type LayerRecord,
} from "./records.js";
import type { VectorLayout } from "./vector-layout.js";
import { paddedOutputs, type WeightLayout } from "./weight-layout.js";

/** Where things lie in the memory that a pass works on, in bytes. */
export interface MemoryPlaces {
  readonly weights: number;
  /** The vectors, in theirs. */
  readonly vectors: number;
  /** The weights that channel attention is part of, by the block's path. */
  readonly projects: ReadonlyMap<string, number>;
  /** The start of what a pass may use. */
  readonly arena: number;
}

/** One step of a pass. Records are given by their addresses, one for each image. */
export type PassStep =
  | {
      readonly type: "layer";
      readonly records: readonly number[];
      /** Output rows. */
      readonly height: number;
      /** Multiply-adds of a row. */
      readonly cost: number;
    }
  | {
      readonly type: "block";
      readonly records: readonly number[];
      readonly parts: number;
      readonly width: number;
      readonly height: number;
      /** Columns of a band, at most. */
      readonly band: number;
      /** Multiply-adds of a pixel. */
      readonly cost: number;
      /** What is to be cleared before: offset and length. */
      readonly sums: readonly [number, number];
    }
  | {
      /** Turns the sums of a block's gated features into its channel attention. */
      readonly type: "attend";
      readonly block: string;
      readonly channels: number;
      /** The sums, f64. */
      readonly sums: number;
      /** Pixels that were summed. */
      readonly pixels: number;
      /** Where their means go. */
      readonly means: number;
      /** The convolution of the means. */
      readonly record: number;
    };

/** A pass through the network: what is run, on which memory. */
export interface PassPlan {
  readonly steps: readonly PassStep[];
  readonly records: Uint32Array;
  /** Where the records go. */
  readonly recordsAt: number;
  /** Pieces of memory that must be zero before the first step and that no step changes: offset and length. */
  readonly zeros: readonly (readonly [offset: number, length: number])[];
  /** The images, with a border of zeros; they are restored in place. */
  readonly images: {
    /** Of each, where it begins, border included. */
    readonly offsets: readonly number[];
    /** Bytes of one. */
    readonly size: number;
    /** From one row to the next, in bytes. */
    readonly rowStride: number;
    /** From an image's start to its first pixel, in bytes. */
    readonly first: number;
  };
  /** Bytes of the memory, all places included. */
  readonly end: number;
}

/**
 * Plans a pass.
 *
 * @param shape - what is to be restored or measured; the network's own padding is added
 */
export function planPass(
  config: BackboneConfig,
  layout: WeightLayout,
  vectors: VectorLayout,
  places: MemoryPlaces,
  shape: BatchShape,
  kind: PassKind,
): PassPlan {
  const planner = new Planner(config, layout, vectors, places, shape);
  planner.run(kind);
  return planner.finish();
}

const floatBytes = 4;
const recordWords = 32;

/** The expanded rows of a band that are kept should fit the first cache, or the second one's larger part. */
const windowFloats = 9_000;
const [leastBand, greatestBand] = [12, 64];

/** The features of one level. */
interface Level {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** From one row to the next, in bytes. */
  readonly rowStride: number;
  /** Of each image, the first pixel's address. */
  readonly features: readonly number[];
}

class Planner {
  readonly #config: BackboneConfig;
  readonly #layout: WeightLayout;
  readonly #vectors: VectorLayout;
  readonly #places: MemoryPlaces;
  readonly #shape: BatchShape;
  readonly #levels: readonly Level[];
  readonly #images: PassPlan["images"];
  readonly #zeros: (readonly [number, number])[] = [];
  readonly #records: number[][] = [];
  readonly #steps: ((recordsAt: number) => PassStep)[] = [];
  readonly #unshuffle: number;
  #end: number;

  constructor(
    config: BackboneConfig,
    layout: WeightLayout,
    vectors: VectorLayout,
    places: MemoryPlaces,
    shape: BatchShape,
  ) {
    this.#config = config;
    this.#layout = layout;
    this.#vectors = vectors;
    this.#places = places;
    this.#shape = shape;
    this.#end = places.arena;
    this.#unshuffle = config.unshuffle ?? 1;
    const stride = backboneStride(config);
    const width = Math.ceil(shape.width / stride) * stride;
    const height = Math.ceil(shape.height / stride) * stride;
    this.#images = this.#placeImages(width, height);
    this.#levels = Array.from({ length: config.encoderBlocks.length + 1 }, (_, level) =>
      this.#placeLevel(level, width / this.#unshuffle / 2 ** level, height / this.#unshuffle / 2 ** level),
    );
  }

  run(kind: PassKind): void {
    const stages = listStages(this.#config);
    const levels = this.#config.encoderBlocks.length;
    const last = stages.flatMap(({ blocks }) => blocks).at(-1);
    const block = this.#placeBlocks(kind === "restoreMeasured");
    for (const [index, { path, level, blocks }] of stages.entries()) {
      if (index === 0) this.#intro(path);
      else if (index <= levels) this.#down(path, level);
      else this.#up(path, level);
      for (const name of blocks) {
        if (kind === "restoreMeasured") {
          this.#block(name, level, block, blockParts.whole);
          continue;
        }
        this.#block(name, level, block, blockParts.mix);
        this.#attend(name, level, block);
        if (kind === "measure" && name === last) return;
        this.#block(name, level, block, blockParts.finish);
      }
    }
    if (kind !== "measure") this.#ending();
  }

  finish(): PassPlan {
    const recordsAt = this.#take(this.#records.length * recordWords * floatBytes);
    const records = new Uint32Array(this.#records.length * recordWords);
    this.#records.forEach((words, index) => records.set(words, index * recordWords));
    return {
      steps: this.#steps.map((step) => step(recordsAt)),
      records,
      recordsAt,
      zeros: this.#zeros,
      images: this.#images,
      end: this.#end,
    };
  }

  #placeImages(width: number, height: number): PassPlan["images"] {
    const { imageChannels } = this.#config;
    const border = this.#unshuffle;
    const rowStride = (width + 2 * border) * imageChannels * floatBytes;
    const size = rowStride * (height + 2 * border);
    return {
      offsets: this.#each(() => this.#take(size)),
      size,
      rowStride,
      first: border * (rowStride + imageChannels * floatBytes),
    };
  }

  /** The features at full resolution have a border of zeros for the last convolution. */
  #placeLevel(level: number, width: number, height: number): Level {
    const channels = this.#config.width * 2 ** level;
    const border = level === 0 ? 1 : 0;
    const pixel = channels * floatBytes;
    const rowStride = (width + 2 * border) * pixel;
    const features = this.#each(() => {
      const start = this.#take(rowStride * (height + 2 * border));
      if (border > 0) {
        this.#zeros.push([start, rowStride + pixel]);
        // The end of each row and the start of the next lie side by side.
        for (let y = 1; y < height; y++) this.#zeros.push([start + (y + 1) * rowStride - pixel, 2 * pixel]);
        this.#zeros.push([start + (height + 1) * rowStride - pixel, rowStride + pixel]);
      }
      return start + border * (rowStride + pixel);
    });
    return { width, height, channels, rowStride, features };
  }

  /** Room that all blocks share. */
  #placeBlocks(isMeasured: boolean): SharedRoom {
    const { images } = this.#shape;
    const most = (size: (level: Level) => number): number =>
      Math.ceil(Math.max(...this.#levels.map(size))) * floatBytes;
    const expanded = most(({ channels }) => 2 * channels * pixelsOfRow(bandOf(channels)));
    const zeros = this.#take(expanded);
    this.#zeros.push([zeros, expanded]);
    const column = most(({ channels, height }) => 2 * channels * height);
    const row = most(({ channels }) => channels * pixelsOfRow(bandOf(channels)));
    const gated = most(({ channels, width, height }) => channels * width * height);
    return {
      window: this.#take(3 * expanded),
      zeros,
      column: this.#take(column),
      normalized: this.#take(row),
      products: this.#take(row),
      gated: isMeasured ? [this.#take(row)] : Array.from({ length: images }, () => this.#take(gated)),
      sums: isMeasured ? 0 : this.#take(most(({ channels }) => 2 * channels)),
      means: isMeasured ? 0 : this.#take(most(({ channels }) => channels)),
      isMeasured,
    };
  }

  #intro(path: string): void {
    const level = this.#levels[0]!;
    const { imageChannels } = this.#config;
    const { offsets, rowStride } = this.#images;
    const rows = 3 * this.#unshuffle;
    this.#layer("intro", level.height, (image) => ({
      input: offsets[image]!,
      rowStride,
      pixelStride: this.#unshuffle * imageChannels * floatBytes,
      step: this.#unshuffle * rowStride,
      rows,
      depth: rows * imageChannels,
      output: level.features[image]!,
      outputStride: level.channels * floatBytes,
      outputStep: level.rowStride,
      width: level.width,
      mode: modes.store,
      ...this.#modulation(path, level.channels, level.width),
    }));
  }

  #down(path: string, index: number): void {
    const level = this.#levels[index]!;
    const source = this.#levels[index - 1]!;
    this.#layer(`downs.${index - 1}`, level.height, (image) => ({
      input: source.features[image]!,
      rowStride: source.rowStride,
      pixelStride: 2 * source.channels * floatBytes,
      step: 2 * source.rowStride,
      rows: 2,
      depth: 2 * source.channels,
      output: level.features[image]!,
      outputStride: level.channels * floatBytes,
      outputStep: level.rowStride,
      width: level.width,
      mode: modes.store,
      ...this.#modulation(path, level.channels, level.width),
    }));
  }

  /** Adds to the encoder's features of the level, which the decoder goes on with. */
  #up(path: string, index: number): void {
    const level = this.#levels[index]!;
    const source = this.#levels[index + 1]!;
    const levels = this.#config.encoderBlocks.length;
    for (const row of [0, 1]) {
      this.#layer(`ups.${levels - 1 - index}.0#${row}`, source.height, (image) => ({
        input: source.features[image]!,
        pixelStride: source.channels * floatBytes,
        step: source.rowStride,
        rows: 1,
        depth: source.channels,
        output: level.features[image]! + row * level.rowStride,
        outputStride: 2 * level.channels * floatBytes,
        outputStep: 2 * level.rowStride,
        width: source.width,
        mode: modes.add,
        ...this.#modulation(path, level.channels, level.width),
      }));
    }
  }

  #ending(): void {
    const level = this.#levels[0]!;
    const { imageChannels } = this.#config;
    const { offsets, rowStride, first } = this.#images;
    const outputs = paddedOutputs(this.#unshuffle * imageChannels);
    const room = this.#take(level.width * outputs * floatBytes);
    const pixel = level.channels * floatBytes;
    for (let row = 0; row < this.#unshuffle; row++) {
      this.#layer(`ending#${row}`, level.height, (image) => ({
        input: level.features[image]! - level.rowStride - pixel,
        rowStride: level.rowStride,
        pixelStride: pixel,
        step: level.rowStride,
        rows: 3,
        depth: 3 * level.channels,
        output: room,
        outputStride: outputs * floatBytes,
        width: level.width,
        mode: modes.store,
        sum: offsets[image]! + first + row * rowStride,
        sumStep: this.#unshuffle * rowStride,
        sumChannels: this.#unshuffle * imageChannels,
      }));
    }
  }

  #block(name: string, index: number, room: SharedRoom, parts: number): void {
    const { width, height, channels, rowStride, features } = this.#levels[index]!;
    const { isMeasured, gated, window, zeros, column, normalized, products, sums } = room;
    const band = bandOf(channels);
    const records = this.#each((image) =>
      this.#record<keyof BlockRecord>(blockFields, {
        features: features[image]!,
        rowStride,
        width,
        height,
        channels,
        expand: this.#weights(`${name}.conv1`),
        depthwise: this.#weights(`${name}.conv2`),
        project: this.#places.projects.get(name)!,
        widen: this.#weights(`${name}.conv4`),
        narrow: this.#weights(`${name}.conv5`),
        window,
        zeros,
        column,
        normalized,
        products,
        sums,
        groupStride: pixelsOfRow(band) * 8 * floatBytes,
        gated: gated[isMeasured ? 0 : image]!,
        gatedStride: isMeasured ? 0 : width * channels * floatBytes,
      }),
    );
    const square = channels * channels;
    const cost =
      (parts & blockParts.mix ? 2 * square + 18 * channels : 0) +
      (parts & blockParts.finish ? 4 * square : 0);
    this.#steps.push((at) => ({
      ...{ type: "block", parts, width, height, band, cost },
      sums: [sums, parts === blockParts.mix ? channels * 8 : 0],
      records: records.map((record) => at + record * recordWords * floatBytes),
    }));
  }

  #attend(block: string, index: number, { sums, means }: SharedRoom): void {
    const { width, height, channels } = this.#levels[index]!;
    const { depth, outputs } = this.#layout.parts.get(`${block}.sca.1`)!;
    const record = this.#record(layerFields, {
      input: means,
      rows: 1,
      depth,
      weights: this.#weights(`${block}.sca.1`),
      outputs,
      output: this.#places.vectors + this.#vectors.attentions.get(block)! * floatBytes,
      width: 1,
      mode: modes.store,
    });
    this.#steps.push((at) => ({
      ...{ type: "attend", block, channels, sums, means },
      pixels: this.#shape.images * width * height,
      record: at + record * recordWords * floatBytes,
    }));
  }

  #layer(part: string, height: number, recordOf: (image: number) => LayerRecord): void {
    const { depth, outputs, kind } = this.#layout.parts.get(part)!;
    const weights = this.#weights(part);
    let cost = 0;
    const records = this.#each((image) => {
      const record = recordOf(image);
      cost = depth * outputs * record.width!;
      // Of the last convolution whole panels are stored.
      return this.#record(layerFields, {
        ...record,
        weights,
        outputs: kind === "ending" ? paddedOutputs(outputs) : outputs,
      });
    });
    this.#steps.push((at) => ({
      ...{ type: "layer", height, cost },
      records: records.map((record) => at + record * recordWords * floatBytes),
    }));
  }

  #modulation(path: string, channels: number, pixels: number): LayerRecord {
    const offset = this.#vectors.modulations.get(path);
    if (offset === undefined) return {};
    const scale = this.#places.vectors + offset * floatBytes;
    return { scale, offset: scale + channels * floatBytes, channels, pixels };
  }

  #weights(part: string): number {
    return this.#places.weights + this.#layout.parts.get(part)!.offset * floatBytes;
  }

  #record<Name extends string>(
    fields: readonly Name[],
    record: Readonly<Partial<Record<Name, number>>>,
  ): number {
    this.#records.push(fields.map((field) => record[field] ?? 0));
    return this.#records.length - 1;
  }

  #each<T>(make: (image: number) => T): T[] {
    return Array.from({ length: this.#shape.images }, (_, image) => make(image));
  }

  /** Takes memory, at a multiple of 64 bytes. */
  #take(size: number): number {
    const offset = this.#end;
    this.#end += Math.ceil(size / 64) * 64;
    return offset;
  }
}

/** What blocks work on; see `Block` in `assembly/block.ts`. */
interface SharedRoom {
  readonly window: number;
  readonly zeros: number;
  readonly column: number;
  readonly normalized: number;
  readonly products: number;
  readonly gated: readonly number[];
  readonly sums: number;
  readonly means: number;
  readonly isMeasured: boolean;
}

/** Columns of a band: a multiple of four, as many as a kernel computes at a time. */
function bandOf(channels: number): number {
  const pixels = Math.floor(windowFloats / (6 * channels) / 4) * 4;
  return Math.min(greatestBand, Math.max(leastBand, pixels));
}

/** Pixels of a band's row in memory: one on both sides, and those that a kernel computes in excess. */
function pixelsOfRow(band: number): number {
  return band + 8;
}
