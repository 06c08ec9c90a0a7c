import { listStages, type BackboneConfig } from "../../backbone/index.js";

/** How many values the kernels read at once. */
export const lanesPerVector = 4;

/**
 * A 1x1 convolution in the arena: its kernel, `[in][out]`, then its bias. What surrounds it is folded into it, as in
 * `prepareBackbone`.
 */
export interface PointwisePart {
  /** Discriminates the kinds of parts. */
  readonly kind: "pointwise";
  /** Module path of the convolution. */
  readonly path: string;
  /** Where it starts in the arena, in vectors of four. */
  readonly offset: number;
  /** Input channels. */
  readonly inputs: number;
  /** Output channels. */
  readonly outputs: number;
  /** Module path of the normalisation before it, if there is one. */
  readonly norm?: string;
  /** Name of the residual's scale after it, if there is one. */
  readonly scale?: string;
}

/**
 * Another convolution in the arena:
 *
 * - `intro`: `[9 taps][3 in][out]`, bias;
 * - `down`: `[4 taps][in][out]`, bias;
 * - `up`: `[4 places][in][out]`, the places being those of the pixel shuffle's square;
 * - `mix`, the depthwise one: by gated group of four channels, 9 taps of the first half, 9 of the second, both biases;
 * - `ending`: `[9 taps][in / 4][3 out][4 in]`, bias padded to four.
 */
export interface SpatialPart {
  /** Discriminates the kinds of parts. */
  readonly kind: "intro" | "down" | "up" | "mix" | "ending";
  /** Module path of the convolution. */
  readonly path: string;
  /** Where it starts in the arena, in vectors of four. */
  readonly offset: number;
  /** Input channels; of `mix`, the channels that its gate leaves. */
  readonly inputs: number;
  /** Output channels; of `up`, those of one place. */
  readonly outputs: number;
}

/** One convolution in the arena. */
export type WeightPart = PointwisePart | SpatialPart;

/** What one dispatch reads of the arena, in vectors of four. */
export interface WeightSlice {
  /** Start; a multiple of 32, which is 256 bytes of half floats. */
  readonly offset: number;
  readonly length: number;
}

/** Where every weight lies in the one buffer that holds them all. */
export interface WeightLayout {
  /** The convolutions, in order. */
  readonly parts: readonly WeightPart[];
  /** What the dispatches read, by name: `intro`, `down.0`, `up.0`, `ending`, and of a block `mix`, `attention`, `tail`. */
  readonly slices: ReadonlyMap<string, WeightSlice>;
  /** Length of the buffer in vectors of four. */
  readonly length: number;
}

/** In vectors of four: 256 bytes of half floats, the strictest alignment of a binding that WebGPU may ask for. */
const sliceAlignment = 32;

/** Vectors of four that a part takes. */
export function partLength({ kind, inputs, outputs }: Omit<WeightPart, "offset" | "path">): number {
  const biases = outputs / lanesPerVector;
  switch (kind) {
    case "pointwise":
      return (inputs + 1) * biases;
    case "intro":
      return (9 * inputs + 1) * biases;
    case "down":
      return (4 * inputs + 1) * biases;
    case "up":
      return 4 * inputs * biases;
    case "mix":
      return (inputs / lanesPerVector) * mixVectors;
    case "ending":
      return 9 * (inputs / lanesPerVector) * outputs + Math.ceil(biases);
  }
}

/** Vectors of four that the depthwise convolution has for each group of four gated channels. */
export const mixVectors = 20;

/**
 * Lays out the weights of a network so that each dispatch reads one piece. The convolution that opens a block goes with
 * the dispatch before it, which computes it too.
 *
 * @param config - a network that the kernels run
 */
export function layOutWeights(config: BackboneConfig): WeightLayout {
  const builder = new LayoutBuilder();
  const stages = listStages(config);
  const levels = config.encoderBlocks.length;
  const expand = (block: string | undefined, channels: number): WeightPart[] =>
    block === undefined
      ? []
      : [
          {
            kind: "pointwise",
            path: `${block}.conv1`,
            norm: `${block}.norm1`,
            offset: 0,
            inputs: channels,
            outputs: 2 * channels,
          },
        ];
  stages.forEach((stage, index) => {
    const { channels, level, blocks } = stage;
    const head = expand(blocks[0], channels);
    if (index === 0) {
      builder.slice("intro", [
        { kind: "intro", path: "intro", offset: 0, inputs: config.imageChannels, outputs: channels },
        ...head,
      ]);
    } else if (index <= levels) {
      const path = `downs.${level - 1}`;
      builder.slice(`down.${index - 1}`, [
        { kind: "down", path, offset: 0, inputs: channels / 2, outputs: channels },
        ...head,
      ]);
    } else {
      const up = index - levels - 1;
      builder.slice(`up.${up}`, [
        { kind: "up", path: `ups.${up}.0`, offset: 0, inputs: 2 * channels, outputs: channels },
        ...head,
      ]);
    }
    blocks.forEach((block, position) => {
      builder.slice(`${block}.mix`, [
        { kind: "mix", path: `${block}.conv2`, offset: 0, inputs: channels, outputs: channels },
      ]);
      builder.slice(`${block}.attention`, [
        { kind: "pointwise", path: `${block}.sca.1`, offset: 0, inputs: channels, outputs: channels },
      ]);
      builder.slice(`${block}.tail`, [
        {
          kind: "pointwise",
          path: `${block}.conv3`,
          scale: `${block}.beta`,
          offset: 0,
          inputs: channels,
          outputs: channels,
        },
        {
          kind: "pointwise",
          path: `${block}.conv4`,
          norm: `${block}.norm2`,
          offset: 0,
          inputs: channels,
          outputs: 2 * channels,
        },
        {
          kind: "pointwise",
          path: `${block}.conv5`,
          scale: `${block}.gamma`,
          offset: 0,
          inputs: channels,
          outputs: channels,
        },
        ...expand(blocks[position + 1], channels),
      ]);
    });
  });
  builder.slice("ending", [
    { kind: "ending", path: "ending", offset: 0, inputs: config.width, outputs: config.imageChannels },
  ]);
  return builder;
}

class LayoutBuilder implements WeightLayout {
  readonly parts: WeightPart[] = [];
  readonly slices = new Map<string, WeightSlice>();
  length = 0;

  slice(name: string, parts: readonly WeightPart[]): void {
    const offset = this.length;
    let end = offset;
    for (const part of parts) {
      this.parts.push({ ...part, offset: end });
      end += partLength(part);
    }
    this.slices.set(name, { offset, length: end - offset });
    this.length = Math.ceil(end / sliceAlignment) * sliceAlignment;
  }
}
