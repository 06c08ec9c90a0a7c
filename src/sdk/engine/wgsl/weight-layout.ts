import { listStages, type BackboneConfig } from "../../backbone/index.js";
import type { FoldedConvolution } from "../folded-convolution.js";

/** How many values the kernels read at once. */
export const lanesPerVector = 4;

/**
 * One convolution in the arena:
 *
 * - `pointwise`: `[in][out]`, bias;
 * - `intro`: `[9 taps][3 in][out]`, bias;
 * - `down`: `[4 taps][in][out]`, bias;
 * - `up`: `[4 places][in][out]`, the places being those of the pixel shuffle's square;
 * - `mix`, the depthwise one: by gated group of four channels, 9 taps of the first half, 9 of the second, both biases;
 * - `ending`: `[9 taps][in / 4][3 out][4 in]`, bias padded to four.
 */
export interface WeightPart extends FoldedConvolution {
  readonly kind: "pointwise" | "intro" | "down" | "up" | "mix" | "ending";
  /** Where it starts in the arena, in vectors of four. */
  readonly offset: number;
  /** Input channels; of `mix`, the channels that its gate leaves. */
  readonly inputs: number;
  /** Output channels; of `up`, those of one place. */
  readonly outputs: number;
}

/** What one dispatch reads of the arena, in vectors of four. */
export interface WeightSlice {
  /** Start; a multiple of 32, which is 256 bytes of half floats. */
  readonly offset: number;
  readonly length: number;
}

/** Where every weight lies in the one buffer that holds them all. */
export interface WeightLayout {
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
 */
export function layOutWeights(config: BackboneConfig): WeightLayout {
  const builder = new LayoutBuilder();
  const levels = config.encoderBlocks.length;
  const expand = (block: string | undefined, channels: number): UnplacedPart[] =>
    block === undefined
      ? []
      : [part("pointwise", `${block}.conv1`, channels, 2 * channels, { norm: `${block}.norm1` })];
  for (const [index, { channels, level, blocks }] of listStages(config).entries()) {
    const head = expand(blocks[0], channels);
    if (index === 0) {
      builder.slice("intro", [part("intro", "intro", config.imageChannels, channels), ...head]);
    } else if (index <= levels) {
      const down = part("down", `downs.${level - 1}`, channels / 2, channels);
      builder.slice(`down.${index - 1}`, [down, ...head]);
    } else {
      const up = index - levels - 1;
      builder.slice(`up.${up}`, [part("up", `ups.${up}.0`, 2 * channels, channels), ...head]);
    }
    for (const [position, block] of blocks.entries()) {
      builder.slice(`${block}.mix`, [part("mix", `${block}.conv2`, channels, channels)]);
      builder.slice(`${block}.attention`, [part("pointwise", `${block}.sca.1`, channels, channels)]);
      builder.slice(`${block}.tail`, [
        part("pointwise", `${block}.conv3`, channels, channels, { scale: `${block}.beta` }),
        part("pointwise", `${block}.conv4`, channels, 2 * channels, { norm: `${block}.norm2` }),
        part("pointwise", `${block}.conv5`, channels, channels, { scale: `${block}.gamma` }),
        ...expand(blocks[position + 1], channels),
      ]);
    }
  }
  builder.slice("ending", [part("ending", "ending", config.width, config.imageChannels)]);
  return builder;
}

type UnplacedPart = Omit<WeightPart, "offset">;

function part(
  kind: WeightPart["kind"],
  path: string,
  inputs: number,
  outputs: number,
  folded: Pick<FoldedConvolution, "norm" | "scale"> = {},
): UnplacedPart {
  return { kind, path, inputs, outputs, ...folded };
}

class LayoutBuilder implements WeightLayout {
  readonly parts: WeightPart[] = [];
  readonly slices = new Map<string, WeightSlice>();
  length = 0;

  slice(name: string, parts: readonly UnplacedPart[]): void {
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
