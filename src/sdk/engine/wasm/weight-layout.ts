import { listStages, type BackboneConfig } from "../../backbone/index.js";
import type { FoldedConvolution } from "../folded-convolution.js";

/** Outputs that a panel of weights has: as many as one pass of a kernel computes. */
export const panelWidth = 8;

/** The weights of one convolution, packed as the kernels read them; see `assembly/convolution.ts` and `assembly/mix.ts`. */
export interface WeightPart extends FoldedConvolution {
  /** What the convolution does, which decides how its weights are folded and ordered. */
  readonly kind: "intro" | "pointwise" | "depthwise" | "down" | "up" | "ending";
  /** Whether the outputs of both halves lie in turns, four by four, for the gate that follows. */
  readonly isPaired: boolean;
  /** Of a convolution whose outputs a pixel shuffle spreads over rows, the row. */
  readonly row: number;
  /** Where it starts, in floats. */
  readonly offset: number;
  /** Numbers that an output is computed from. */
  readonly depth: number;
  /** Outputs, without those that fill the last panel. */
  readonly outputs: number;
}

/** Where all weights of a network lie. */
export interface WeightLayout {
  /** By `path`, and for a convolution in rows by `path#row`. */
  readonly parts: ReadonlyMap<string, WeightPart>;
  /** Length of all, in floats. */
  readonly length: number;
}

/** Floats that a part takes. */
function partLength({ kind, depth, outputs }: Pick<WeightPart, "kind" | "depth" | "outputs">): number {
  return kind === "depthwise" ? outputs * 20 : paddedOutputs(outputs) * (depth + 1);
}

/** Outputs with those that fill the last panel. */
export function paddedOutputs(outputs: number): number {
  return Math.ceil(outputs / panelWidth) * panelWidth;
}

/**
 * Lays out the weights of a network, one convolution after the other.
 *
 * @param config - a network that the kernels run
 */
export function layOutWeights(config: BackboneConfig): WeightLayout {
  const parts = new Map<string, WeightPart>();
  let length = 0;
  const add = (
    kind: WeightPart["kind"],
    path: string,
    depth: number,
    outputs: number,
    more: { norm?: string; scale?: string; isPaired?: boolean; row?: number } = {},
  ): void => {
    const part: WeightPart = { isPaired: false, row: 0, ...more, kind, path, depth, outputs, offset: length };
    parts.set(more.row === undefined ? path : `${path}#${more.row}`, part);
    // Every part starts at a multiple of 64 bytes.
    length += Math.ceil(partLength(part) / 16) * 16;
  };
  const { imageChannels, width, unshuffle = 1 } = config;
  const levels = config.encoderBlocks.length;
  add("intro", "intro", 9 * imageChannels * unshuffle ** 2, width);
  for (const { path, channels, level, blocks } of listStages(config)) {
    if (path.startsWith("decoders.")) {
      const up = `ups.${levels - 1 - level}.0`;
      for (const row of [0, 1]) add("up", up, 2 * channels, 2 * channels, { row });
    } else if (level > 0) {
      add("down", `downs.${level - 1}`, 2 * channels, channels);
    }
    for (const block of blocks) {
      const gated = (norm: string) => ({ norm: `${block}.${norm}`, isPaired: true });
      const scaled = (scale: string) => ({ scale: `${block}.${scale}` });
      add("pointwise", `${block}.conv1`, channels, 2 * channels, gated("norm1"));
      add("depthwise", `${block}.conv2`, 9, channels);
      add("pointwise", `${block}.sca.1`, channels, channels);
      add("pointwise", `${block}.conv3`, channels, channels, scaled("beta"));
      add("pointwise", `${block}.conv4`, channels, 2 * channels, gated("norm2"));
      add("pointwise", `${block}.conv5`, channels, channels, scaled("gamma"));
    }
  }
  for (let row = 0; row < unshuffle; row++) {
    add("ending", "ending", 9 * width, unshuffle * imageChannels, { row });
  }
  return { parts, length };
}

/**
 * Where an output of a convolution lies among its panels.
 *
 * @param output - in the order of its weights
 * @returns the place in the order of the panels
 */
export function placeOf(
  { isPaired, outputs }: Pick<WeightPart, "isPaired" | "outputs">,
  output: number,
): number {
  if (!isPaired) return output;
  const half = outputs / 2;
  const channel = output % half;
  return (channel - (channel % 4)) * 2 + (channel % 4) + (output < half ? 0 : 4);
}
