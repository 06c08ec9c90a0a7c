import { listStages, type BackboneConfig, type BackboneStage } from "../../backbone/index.js";
import { attentionKernel, mixKernel, stripRows } from "./kernels/block.js";
import { endingKernel } from "./kernels/ending.js";
import { sizeBytes, type Kernel, type KernelOptions } from "./kernels/kernel.js";
import { downKernel, introKernel, tailKernel, upKernel } from "./kernels/producers.js";
import { actions, lanesOf, noBias, threads, type Step } from "./kernels/tile.js";
import { bytesPerValue } from "./precision.js";
import { lanesPerVector, partLength, type WeightLayout } from "./weight-layout.js";

/** A batch of images of one size. */
export interface BatchShape {
  /** How many. */
  readonly images: number;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
}

/** What a pass through the network is for. */
export type PassKind =
  /** Restores, with channel attention computed from the batch itself. */
  | "restore"
  /** Restores, with channel attention that was measured before. */
  | "restoreMeasured"
  /** Only computes channel attention, jointly over the batch. */
  | "measure";

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
  /** The shader. */
  readonly kernel: Kernel;
  /** Workgroups along x and y. */
  readonly workgroups: readonly [number, number];
  /** Its bindings, in the kernel's order. */
  readonly bindings: readonly PlannedBinding[];
}

/** A pass through the network: what is dispatched, on which memory. */
export interface PassPlan {
  /** The dispatches, in order. */
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
  /** Length of the buffer. */
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
 * Plans a pass: two dispatches a block, three if channel attention is computed, and one for each change of resolution
 * and for the image's way in and out.
 *
 * @param config - a network that the kernels run
 * @param layout - where its weights lie
 * @param shape - what is to be restored or measured; the network's own padding is added
 * @param kind - what the pass is for
 * @param options - how to compute
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

class Planner {
  readonly #config: BackboneConfig;
  readonly #layout: WeightLayout;
  readonly #vectors: VectorLayout;
  readonly #shape: BatchShape;
  readonly #options: KernelOptions;
  readonly #levels: readonly Level[];
  readonly #dispatches: PlannedDispatch[] = [];
  readonly #bufferSizes = new Map<string, number>();
  readonly #told: (readonly number[])[] = [];

  constructor(config: BackboneConfig, layout: WeightLayout, shape: BatchShape, options: KernelOptions) {
    this.#config = config;
    this.#layout = layout;
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
  }

  run(kind: PassKind): void {
    const stages = listStages(this.#config);
    const depth = this.#levels.length - 1;
    const last = stages.flatMap(({ blocks }) => blocks).at(-1);
    for (const [index, stage] of stages.entries()) {
      this.#begin(stage, index, depth);
      for (const [position, block] of stage.blocks.entries()) {
        const { channels, level } = stage;
        this.#mix(block, channels, level, kind !== "restoreMeasured");
        if (kind !== "restoreMeasured") this.#attend(block, channels, level);
        if (kind === "measure" && block === last) return;
        this.#tail(block, channels, level, position + 1 < stage.blocks.length);
      }
    }
    if (kind !== "measure") this.#end();
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

  #begin({ path, channels, level, modulated, blocks }: BackboneStage, index: number, depth: number): void {
    const { pixels } = this.#levels[level]!;
    const lanes = lanesOf(channels);
    const modulation = modulated
      ? this.#vectors.modulations.get(path)!
      : { offset: 0, size: modulationBytes };
    const outputs = (slice: string, access: "write" | "readwrite"): PlannedBinding[] => [
      this.#features(level, channels, access),
      // Bound but not written if the stage has no block.
      blocks.length > 0 ? this.#expanded(level, channels, "write") : this.#buffer("expanded", 16, "none"),
      this.#weights(slice),
      { buffer: "vectors", ...modulation, access: "read" },
    ];
    const finish = (offset: number): Step[] => [
      { action: modulated ? actions.modulate | actions.keep : actions.keep },
      ...(blocks.length > 0 ? expansion(offset, channels) : []),
    ];
    // Of the inputs of both changes of resolution there are twice as many as outputs.
    const half = (channels * channels) / lanesPerVector;
    const convolve = (bias?: number): Step[] => [
      {
        action: actions.load | actions.add,
        weights: 0,
        stride: channels / 4,
        ...(bias !== undefined && { bias }),
      },
      { action: actions.load | actions.add, weights: half, stride: channels / 4 },
    ];
    if (index === 0) {
      const inputs = this.#config.imageChannels;
      this.#add(
        "intro",
        introKernel(this.#options),
        [Math.ceil(pixels / lanes), 1],
        [
          this.#tell(level, channels, finish(partLength({ kind: "intro", inputs, outputs: channels }))),
          this.#image(),
          ...outputs("intro", "write"),
        ],
      );
    } else if (index <= depth) {
      const name = `down.${index - 1}`;
      const end = partLength({ kind: "down", inputs: channels / 2, outputs: channels });
      this.#add(
        name,
        downKernel(this.#options),
        [Math.ceil(pixels / lanes), 1],
        [
          this.#tell(level, channels, [...convolve(2 * half), ...finish(end)]),
          this.#features(level - 1, channels / 2, "read"),
          ...outputs(name, "write"),
        ],
      );
    } else {
      const name = `up.${index - depth - 1}`;
      const end = partLength({ kind: "up", inputs: channels * 2, outputs: channels });
      this.#add(
        name,
        upKernel(this.#options),
        [Math.ceil(pixels / 4 / lanes), 4],
        [
          this.#tell(level + 1, channels, [...convolve(), ...finish(end)]),
          this.#features(level + 1, channels * 2, "read"),
          ...outputs(name, "readwrite"),
        ],
      );
    }
  }

  #mix(block: string, channels: number, level: number, sums: boolean): void {
    const { groups } = this.#levels[level]!;
    this.#add(
      `${block}.mix`,
      mixKernel({ ...this.#options, sums }),
      [groups, channels / lanesPerVector],
      [
        this.#tell(level, channels),
        this.#expanded(level, channels, "read"),
        this.#gated(level, channels, "write"),
        ...(sums ? [this.#partials(level, channels, "write")] : []),
        this.#weights(`${block}.mix`),
      ],
    );
  }

  #attend(block: string, channels: number, level: number): void {
    this.#add(
      `${block}.attention`,
      attentionKernel(this.#options),
      [1, 1],
      [
        this.#tell(level, channels),
        this.#partials(level, channels, "read"),
        this.#weights(`${block}.attention`),
        this.#attention(block, "write"),
      ],
    );
  }

  #tail(block: string, channels: number, level: number, hasNext: boolean): void {
    const { pixels } = this.#levels[level]!;
    const groups = channels / lanesPerVector;
    const matrix = channels * groups;
    // Each kernel is followed by its bias.
    const [gate, close] = [matrix + groups, 3 * matrix + 3 * groups];
    const end = close + matrix + groups;
    const biases = gate + 2 * matrix;
    const steps: Step[] = [
      { action: actions.add, weights: 0, stride: groups, bias: matrix },
      { action: actions.normalize | actions.hold, weights: gate, stride: 2 * groups, bias: biases },
      { action: actions.gate, weights: gate + groups, stride: 2 * groups, bias: biases + groups },
      { action: actions.add, weights: close, stride: groups, bias: close + matrix },
      { action: actions.keep },
      ...(hasNext ? expansion(end, channels) : []),
    ];
    this.#add(
      `${block}.tail`,
      tailKernel(this.#options),
      [Math.ceil(pixels / lanesOf(channels)), 1],
      [
        this.#tell(level, channels, steps),
        this.#gated(level, channels, "read"),
        this.#attention(block, "read"),
        this.#features(level, channels, "readwrite"),
        hasNext ? this.#expanded(level, channels, "write") : this.#buffer("expanded", 16, "none"),
        this.#weights(`${block}.tail`),
      ],
    );
  }

  #end(): void {
    const { width: channels, imageChannels } = this.#config;
    const { width, height } = this.#shape;
    const size = width * height * imageChannels * 4;
    this.#add(
      "ending",
      endingKernel(this.#options),
      [Math.ceil((width * height) / threads), 1],
      [
        this.#tell(0, channels),
        this.#features(0, channels, "read"),
        this.#image(),
        this.#weights("ending"),
        this.#buffer("result", size, "write"),
      ],
    );
  }

  #add(
    name: string,
    kernel: Kernel,
    workgroups: readonly [number, number],
    bindings: readonly PlannedBinding[],
  ): void {
    this.#dispatches.push({ name, kernel, workgroups, bindings });
  }

  /** What a dispatch is told; see `sizeStruct`. `channels` are those of its outputs. */
  #tell(level: number, channels: number, steps: readonly Step[] = []): PlannedBinding {
    const { width, height, pixels, strips, groups } = this.#levels[level]!;
    const { width: imageWidth, height: imageHeight } = this.#shape;
    const ends = [9, stripRows + 2, this.#config.imageChannels, threads];
    const program = steps.flatMap(({ action, weights = 0, stride = 0, bias = noBias }) => [
      ...[action, weights, stride, bias],
    ]);
    const words = [width, height, pixels, imageWidth, imageHeight, strips, groups, channels / lanesPerVector];
    // The steps are vectors of four and begin at a multiple of that.
    this.#told.push([...words, ...ends, lanesOf(channels), steps.length, 0, 0, ...program]);
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
    return this.#planes(`features.${level}`, level, channels, access);
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

  #partials(level: number, channels: number, access: PlannedBinding["access"]): PlannedBinding {
    return this.#buffer("partials", this.#levels[level]!.groups * channels * 4, access);
  }

  #buffer(buffer: string, size: number, access: PlannedBinding["access"]): PlannedBinding {
    this.#bufferSizes.set(buffer, Math.max(size, this.#bufferSizes.get(buffer) ?? 0));
    return { buffer, offset: 0, size, access };
  }

  #weights(slice: string): PlannedBinding {
    const { offset, length } = this.#layout.slices.get(slice)!;
    const vector = lanesPerVector * bytesPerValue(this.#options.precision);
    return { buffer: "weights", offset: offset * vector, size: length * vector, access: "read" };
  }

  #attention(block: string, access: PlannedBinding["access"]): PlannedBinding {
    return { buffer: "vectors", ...this.#vectors.attentions.get(block)!, access };
  }
}

/** The convolution that opens a block, both halves of its outputs. */
function expansion(offset: number, channels: number): Step[] {
  const groups = channels / lanesPerVector;
  const bias = offset + 2 * channels * groups;
  return [
    { action: actions.normalize | actions.expand, weights: offset, stride: 2 * groups, bias },
    { action: actions.expand, weights: offset + groups, stride: 2 * groups, bias: bias + groups },
  ];
}
