import { listStages, type BackboneConfig, type BackboneStage } from "../../backbone/index.js";
import type { BatchShape, PassKind } from "../run-input.js";
import { attentionKernel, mixKernel, stripRows } from "./kernels/block.js";
import { endingKernel } from "./kernels/ending.js";
import { sizeBytes, type Kernel, type KernelOptions } from "./kernels/kernel.js";
import {
  actions,
  lanesOf,
  noBias,
  patchColumns,
  patchRows,
  starts,
  threads,
  tileKernel,
  type Step,
} from "./kernels/tile.js";
import { bytesPerValue } from "./precision.js";
import { lanesPerVector, type WeightLayout, type WeightPart } from "./weight-layout.js";

/** A piece of one of the buffers that a pass works on. */
export interface PlannedBinding {
  /** `sizes`, `image`, `result`, `features.0` and so on by level, `expanded`, `gated`, `partials`, `weights`, `vectors`. */
  readonly buffer: string;
  /** Start in bytes. */
  readonly offset: number;
  /** Length in bytes: what the dispatch touches, no more. */
  readonly size: number;
  /** Whether it is read, written, or both; or bound only because the kernel has the binding. */
  readonly access: "read" | "write" | "readwrite" | "none";
}

/** One dispatch of a pass. */
export interface PlannedDispatch {
  /** What it computes, such as `encoders.0.blocks.0.tail`. */
  readonly name: string;
  readonly kernel: Kernel;
  /** Workgroups along x and y. */
  readonly workgroups: readonly [number, number];
  readonly bindings: readonly PlannedBinding[];
}

/** A pass through the network: what is dispatched, on which memory. */
export interface PassPlan {
  readonly dispatches: readonly PlannedDispatch[];
  /** Bytes of each buffer that the pass works on, `weights` and `vectors` left out. */
  readonly bufferSizes: ReadonlyMap<string, number>;
  /** What the dispatches are told, as they read it from `sizes`. */
  readonly sizes: Uint32Array;
  /** Bytes of features and pixels that all dispatches read; weights left out. */
  readonly bytesRead: number;
  /** Bytes of features and pixels that all dispatches write. */
  readonly bytesWritten: number;
}

/** Where modulations and channel attentions lie in a run's buffer of vectors, in bytes. */
export interface VectorLayout {
  /** By the stage's path: scale, then offset, float32. */
  readonly modulations: ReadonlyMap<string, { readonly offset: number; readonly size: number }>;
  /** By the block's path, float32. */
  readonly attentions: ReadonlyMap<string, { readonly offset: number; readonly size: number }>;
  readonly size: number;
}

/** The strictest alignment of a binding that WebGPU may ask for, in bytes. */
const bindingAlignment = 256;

/** Bytes of a channel attention and of a modulation: as many as the widest level may need. */
const attentionBytes = 1024;
const modulationBytes = 2 * attentionBytes;

/** Lays out a run's vectors. */
export function layOutVectors(config: BackboneConfig): VectorLayout {
  const modulations = new Map<string, { offset: number; size: number }>();
  const attentions = new Map<string, { offset: number; size: number }>();
  let end = 0;
  const take = (size: number): { offset: number; size: number } => {
    const offset = end;
    end = alignUp(end + size);
    return { offset, size };
  };
  for (const { path, modulated, blocks } of listStages(config)) {
    if (modulated) modulations.set(path, take(modulationBytes));
    for (const block of blocks) attentions.set(block, take(attentionBytes));
  }
  return { modulations, attentions, size: Math.max(end, modulationBytes) };
}

function alignUp(size: number): number {
  return Math.ceil(size / bindingAlignment) * bindingAlignment;
}

/**
 * Plans a pass: a dispatch for each change of resolution and for the image's way in and out, and two for each block, three
 * if channel attention is computed. If it is not, a block whose features a workgroup's memory holds takes one, and the
 * first one of an encoder's level none: the dispatch that the level begins with computes it too.
 *
 * @param shape - what is to be restored or measured; the network's own padding is added
 */
export function planPass(
  config: BackboneConfig,
  layout: WeightLayout,
  shape: BatchShape,
  kind: PassKind,
  options: KernelOptions,
): PassPlan {
  const planner = new Planner(config, layout, shape, options);
  planner.run(kind);
  return planner.finish();
}

/** Every kernel that any pass of a network uses, each once. */
export function listKernels(
  config: BackboneConfig,
  layout: WeightLayout,
  options: KernelOptions,
): readonly Kernel[] {
  const shape: BatchShape = { images: 1, width: 1, height: 1 };
  const kernels = (["restore", "restoreMeasured"] as const).flatMap((kind) =>
    planPass(config, layout, shape, kind, options).dispatches.map(({ kernel }) => kernel),
  );
  return [...new Map(kernels.map((kernel) => [kernel.key, kernel])).values()];
}

/** The features of one level. */
interface Level {
  readonly width: number;
  readonly height: number;
  readonly pixels: number;
  readonly strips: number;
  readonly groups: number;
}

/** What is particular to a dispatch of {@link tileKernel}. */
interface TileDispatch {
  /** The level whose pixels it runs through. */
  readonly level: number;
  readonly channels: number;
  /** What fills the tile: one of {@link starts}. */
  readonly start: number;
  readonly steps: readonly Step[];
  /** The block that is computed whole, if one is. */
  readonly whole?: string | undefined;
  /** What it reads and writes; what is left out it does not. */
  readonly image?: PlannedBinding;
  readonly source?: PlannedBinding;
  readonly features: PlannedBinding;
  readonly expanded: PlannedBinding;
  readonly weights: PlannedBinding;
  readonly modulation?: PlannedBinding;
  readonly attention?: PlannedBinding;
}

class Planner {
  readonly #config: BackboneConfig;
  readonly #layout: WeightLayout;
  readonly #parts: ReadonlyMap<string, WeightPart>;
  readonly #vectors: VectorLayout;
  readonly #shape: BatchShape;
  readonly #options: KernelOptions;
  readonly #levels: readonly Level[];
  /** The buffers that hold each level's features. */
  readonly #places: string[];
  readonly #dispatches: PlannedDispatch[] = [];
  readonly #bufferSizes = new Map<string, number>();
  readonly #told: (readonly number[])[] = [];

  constructor(config: BackboneConfig, layout: WeightLayout, shape: BatchShape, options: KernelOptions) {
    this.#config = config;
    this.#layout = layout;
    this.#parts = new Map(layout.parts.map((part) => [part.path, part]));
    this.#vectors = layOutVectors(config);
    this.#shape = shape;
    this.#options = options;
    const depth = config.encoderBlocks.length;
    const stride = 2 ** depth;
    const fullWidth = Math.ceil(shape.width / stride) * stride;
    const fullHeight = Math.ceil(shape.height / stride) * stride;
    this.#levels = Array.from({ length: depth + 1 }, (_, level) => {
      const [width, height] = [fullWidth / 2 ** level, fullHeight / 2 ** level];
      const strips = shape.images * width * Math.ceil(height / stripRows);
      return {
        width,
        height,
        pixels: shape.images * width * height,
        strips,
        groups: Math.ceil(strips / threads),
      };
    });
    this.#places = this.#levels.map((_, level) => featuresOf(level));
  }

  run(kind: PassKind): void {
    const stages = listStages(this.#config);
    const depth = this.#levels.length - 1;
    const last = stages.flatMap(({ blocks }) => blocks).at(-1);
    for (const [index, stage] of stages.entries()) {
      const { channels, level, blocks } = stage;
      const isWhole = kind === "restoreMeasured" && patchColumns(channels, this.#options) !== undefined;
      if (isWhole) {
        this.#runWhole(stage, index, depth);
        continue;
      }
      this.#begin(stage, index, depth, blocks.length > 0 ? "open" : "none");
      for (const [position, block] of blocks.entries()) {
        this.#mix(block, channels, level);
        if (kind !== "restoreMeasured") this.#attend(block, channels, level);
        if (kind === "measure" && block === last) return;
        this.#tail(block, channels, level, blocks[position + 1]);
      }
    }
    if (kind !== "measure") this.#end();
  }

  /**
   * A stage of whole blocks. Each writes other features than it reads; what an encoder leaves must lie in the level's own,
   * since the scratch buffers are used again before the decoder adds it.
   */
  #runWhole(stage: BackboneStage, index: number, depth: number): void {
    const { channels, level, blocks } = stage;
    const isEncoder = index <= depth;
    const own = featuresOf(level);
    const scratch = scratchOf(level);
    const slices = [nameOfBegin(index, depth), ...blocks.map((block) => `${block}.tail`)];
    if (!isEncoder || blocks.length === 0) this.#begin(stage, index, depth, "none");
    for (const [position, block] of blocks.entries()) {
      const flips = isEncoder ? blocks.length - 1 - position : position + 1;
      const [source, target] = [this.#places[level]!, flips % 2 === 0 ? own : scratch];
      this.#places[level] = target;
      if (isEncoder && position === 0) {
        this.#begin(stage, index, depth, "whole");
        continue;
      }
      // The convolution that opens the block lies behind what comes before it.
      const weights = this.#weights(slices[position]!, slices[position + 1]);
      this.#add(block, {
        level,
        channels,
        start: starts.block,
        steps: this.#whole(block, weights),
        whole: block,
        source: this.#planes(source, level, channels, "read"),
        features: this.#features(level, channels, "write"),
        expanded: this.#unused(level),
        weights,
        attention: this.#attention(block, "read"),
      });
    }
  }

  finish(): PassPlan {
    let [bytesRead, bytesWritten] = [0, 0];
    for (const { buffer, size, access } of this.#dispatches.flatMap(({ bindings }) => bindings)) {
      if (buffer === "sizes" || buffer === "weights" || buffer === "vectors") continue;
      if (access === "read" || access === "readwrite") bytesRead += size;
      if (access === "write" || access === "readwrite") bytesWritten += size;
    }
    const sizes = new Uint32Array((this.#told.length * bindingAlignment) / 4);
    this.#told.forEach((words, index) => sizes.set(words, (index * bindingAlignment) / 4));
    return {
      dispatches: this.#dispatches,
      bufferSizes: new Map([...this.#bufferSizes, ["sizes", sizes.byteLength]]),
      sizes,
      bytesRead,
      bytesWritten,
    };
  }

  /**
   * What a stage begins with.
   *
   * @param then - of its first block, nothing, the convolution that opens it, or all
   */
  #begin(stage: BackboneStage, index: number, depth: number, then: "none" | "open" | "whole"): void {
    const { path, channels, level, modulated, blocks } = stage;
    const first = blocks[0]!;
    const name = nameOfBegin(index, depth);
    const isWhole = then === "whole";
    const weights = this.#weights(name, isWhole ? `${first}.tail` : name);
    const finish: Step[] = [
      { action: (modulated ? actions.modulate : 0) | (isWhole ? 0 : actions.keep) },
      ...(then === "open" ? this.#opening(first, weights) : []),
      ...(isWhole ? this.#whole(first, weights) : []),
    ];
    // Of the inputs of both changes of resolution there are twice as many as outputs.
    const half = (channels * channels) / lanesPerVector;
    const convolve = (bias: number): Step[] =>
      [0, half].map((weights) => ({
        action: actions.load | actions.add,
        weights,
        stride: channels / lanesPerVector,
        bias: weights === 0 ? bias : noBias,
      }));
    const isUp = index > depth;
    const steps = index === 0 ? [] : convolve(isUp ? noBias : 2 * half);
    this.#add(isWhole ? `${name} ${first}` : name, {
      level: isUp ? level + 1 : level,
      channels,
      start: index === 0 ? starts.intro : isUp ? starts.up : starts.down,
      steps: [...steps, ...finish],
      ...(index === 0
        ? { image: this.#image() }
        : {
            source: isUp
              ? this.#features(level + 1, channels * 2, "read")
              : this.#features(level - 1, channels / 2, "read"),
          }),
      features: this.#features(level, channels, isUp ? "readwrite" : "write"),
      // What a decoder adds to lies in no scratch buffer, what it reads may.
      expanded:
        then === "open" ? this.#expanded(level, channels, "write") : this.#unused(isUp ? level + 1 : level),
      weights,
      ...(modulated && {
        modulation: { buffer: "vectors", ...this.#vectors.modulations.get(path)!, access: "read" },
      }),
      ...(isWhole && { attention: this.#attention(first, "read"), whole: first }),
    });
  }

  #mix(block: string, channels: number, level: number): void {
    const { groups } = this.#levels[level]!;
    this.#dispatches.push({
      name: `${block}.mix`,
      kernel: mixKernel(this.#options),
      workgroups: [groups, channels / lanesPerVector],
      bindings: [
        this.#tell(level, channels),
        this.#expanded(level, channels, "read"),
        this.#gated(level, channels, "write"),
        this.#partials(level, channels, "write"),
        this.#weights(`${block}.mix`),
      ],
    });
  }

  #attend(block: string, channels: number, level: number): void {
    this.#dispatches.push({
      name: `${block}.attention`,
      kernel: attentionKernel(this.#options),
      workgroups: [1, 1],
      bindings: [
        this.#tell(level, channels),
        this.#partials(level, channels, "read"),
        this.#weights(`${block}.attention`),
        this.#attention(block, "write"),
      ],
    });
  }

  #tail(block: string, channels: number, level: number, next: string | undefined): void {
    const weights = this.#weights(`${block}.tail`);
    this.#add(`${block}.tail`, {
      level,
      channels,
      start: starts.tail,
      steps: [...this.#closing(block, weights), ...(next === undefined ? [] : this.#opening(next, weights))],
      source: this.#gated(level, channels, "read"),
      features: this.#features(level, channels, "readwrite"),
      expanded: next === undefined ? this.#unused(0) : this.#expanded(level, channels, "write"),
      weights,
      attention: this.#attention(block, "read"),
    });
  }

  #end(): void {
    const { width: channels, imageChannels } = this.#config;
    const { width, height } = this.#shape;
    const size = width * height * imageChannels * 4;
    this.#dispatches.push({
      name: "ending",
      kernel: endingKernel(this.#options),
      workgroups: [Math.ceil((width * height) / threads), imageChannels / 3],
      bindings: [
        this.#tell(0, channels),
        this.#features(0, channels, "read"),
        this.#image(),
        this.#weights("ending"),
        this.#buffer("result", size, "write"),
      ],
    });
  }

  /** A dispatch of {@link tileKernel}. A whole block takes tiles with a border, the rest one pixel after the other. */
  #add(name: string, parts: TileDispatch): void {
    const { level, channels, start, steps, whole, weights } = parts;
    const { width, height, pixels } = this.#levels[level]!;
    const isUp = start === starts.up;
    const program = steps.flatMap((step) => [
      step.action,
      step.weights ?? 0,
      step.stride ?? 0,
      step.bias ?? noBias,
    ]);
    const columns = (whole && patchColumns(channels, this.#options)) || lanesOf(channels, this.#options);
    const [cover, workgroups]: [readonly number[], readonly [number, number]] = whole
      ? [
          [width, height, columns, patchRows, 1, this.#within(this.#parts.get(`${whole}.conv2`)!, weights)],
          [Math.ceil(width / columns), Math.ceil(height / patchRows)],
        ]
      : [
          [pixels, 1, columns, 0, 0, 0],
          // The places of a pixel's square are the workgroups of a second dimension.
          [Math.ceil(pixels / columns), isUp ? 4 : 1],
        ];
    const unread = { buffer: "vectors", offset: 0, access: "none" } as const;
    this.#dispatches.push({
      name,
      kernel: tileKernel(this.#options),
      workgroups,
      bindings: [
        this.#tell(level, channels, [
          patchRows + 2,
          whole ? (columns + 2) * (patchRows + 2) : columns,
          steps.length,
          ...cover,
          start,
          isUp ? 4 * pixels : pixels,
          isUp ? (2 * channels * channels) / lanesPerVector : 0,
          // The steps are vectors of four and begin at a multiple of that.
          ...[0, 0],
          ...program,
        ]),
        parts.image ?? this.#buffer("image", 16, "none"),
        parts.source ?? { ...weights, access: "none" },
        parts.features,
        parts.expanded,
        weights,
        parts.modulation ?? { ...unread, size: modulationBytes },
        parts.attention ?? { ...unread, size: attentionBytes },
      ],
    });
  }

  /** A 1x1 convolution of a block, or one half of its outputs. */
  #convolve(action: number, path: string, base: PlannedBinding, half = 0): Step {
    const part = this.#parts.get(path)!;
    const stride = part.outputs / lanesPerVector;
    const start = this.#within(part, base) + (half * stride) / 2;
    return { action, weights: start, stride, bias: start + part.inputs * stride };
  }

  /** The convolution that opens a block, both halves of its outputs. */
  #opening(block: string, base: PlannedBinding): Step[] {
    return [
      this.#convolve(actions.normalize | actions.expand, `${block}.conv1`, base, 0),
      this.#convolve(actions.expand, `${block}.conv1`, base, 1),
    ];
  }

  /** What comes after a block's gate. */
  #closing(block: string, base: PlannedBinding): Step[] {
    return [
      this.#convolve(actions.add, `${block}.conv3`, base),
      this.#convolve(actions.normalize | actions.hold, `${block}.conv4`, base, 0),
      this.#convolve(actions.gate, `${block}.conv4`, base, 1),
      this.#convolve(actions.add, `${block}.conv5`, base),
      { action: actions.keep },
    ];
  }

  /** A whole block. */
  #whole(block: string, base: PlannedBinding): Step[] {
    return [
      this.#convolve(actions.normalize | actions.hold, `${block}.conv1`, base, 0),
      this.#convolve(actions.mix, `${block}.conv1`, base, 1),
      ...this.#closing(block, base),
    ];
  }

  /** Where a part's weights start, in vectors from the start of what is bound. */
  #within({ offset }: WeightPart, { offset: start }: PlannedBinding): number {
    return offset - start / (lanesPerVector * bytesPerValue(this.#options.precision));
  }

  /** What a dispatch is told; see `sizeStruct`. `channels` are those of its outputs. */
  #tell(level: number, channels: number, more: readonly number[] = [stripRows + 2]): PlannedBinding {
    const { width, height, pixels, strips, groups } = this.#levels[level]!;
    const { width: imageWidth, height: imageHeight } = this.#shape;
    const words = [width, height, pixels, imageWidth, imageHeight, strips, groups, channels / lanesPerVector];
    this.#told.push([...words, 9, this.#config.imageChannels, ...more]);
    return {
      buffer: "sizes",
      offset: (this.#told.length - 1) * bindingAlignment,
      size: sizeBytes,
      access: "read",
    };
  }

  #image(): PlannedBinding {
    const { images, width, height } = this.#shape;
    return this.#buffer("image", images * width * height * this.#config.imageChannels * 4, "read");
  }

  #features(level: number, channels: number, access: PlannedBinding["access"]): PlannedBinding {
    return this.#planes(this.#places[level]!, level, channels, access);
  }

  #expanded(level: number, channels: number, access: PlannedBinding["access"]): PlannedBinding {
    return this.#planes("expanded", level, 2 * channels, access);
  }

  #gated(level: number, channels: number, access: PlannedBinding["access"]): PlannedBinding {
    return this.#planes("gated", level, channels, access);
  }

  #planes(buffer: string, level: number, channels: number, access: PlannedBinding["access"]): PlannedBinding {
    const { pixels } = this.#levels[level]!;
    return this.#buffer(buffer, pixels * channels * bytesPerValue(this.#options.precision), access);
  }

  /** Stands in for what a dispatch does not write: the scratch buffer in which no features of a level lie. */
  #unused(level: number): PlannedBinding {
    return this.#buffer(scratchOf(level + 1), 16, "none");
  }

  #partials(level: number, channels: number, access: PlannedBinding["access"]): PlannedBinding {
    return this.#buffer("partials", this.#levels[level]!.groups * channels * 4, access);
  }

  #buffer(buffer: string, size: number, access: PlannedBinding["access"]): PlannedBinding {
    this.#bufferSizes.set(buffer, Math.max(size, this.#bufferSizes.get(buffer) ?? 0));
    return { buffer, offset: 0, size, access };
  }

  /** A piece of the weights, or all from one to another one. */
  #weights(from: string, to = from): PlannedBinding {
    const { offset } = this.#layout.slices.get(from)!;
    const end = this.#layout.slices.get(to)!;
    const vector = lanesPerVector * bytesPerValue(this.#options.precision);
    const length = end.offset + end.length - offset;
    return { buffer: "weights", offset: offset * vector, size: length * vector, access: "read" };
  }

  #attention(block: string, access: PlannedBinding["access"]): PlannedBinding {
    return { buffer: "vectors", ...this.#vectors.attentions.get(block)!, access };
  }
}

function featuresOf(level: number): string {
  return `features.${level}`;
}

/** The buffer that takes turns with a level's own, if whole blocks are computed: not that of the level beside it. */
function scratchOf(level: number): string {
  return level % 2 === 0 ? "gated" : "expanded";
}

/** The name of what a stage begins with, which is also that of the first piece of its weights. */
function nameOfBegin(index: number, depth: number): string {
  if (index === 0) return "intro";
  return index <= depth ? `down.${index - 1}` : `up.${index - depth - 1}`;
}
