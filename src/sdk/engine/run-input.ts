import type { BackboneConfig } from "../backbone/index.js";
import { LimpidError } from "../base/index.js";
import type { MixtureEntry } from "../experts/index.js";
import type { PixelBlock } from "./executor.js";

/** Blocks of one size, side by side in one pass through the network. */
export interface BatchShape {
  readonly images: number;
  readonly width: number;
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

/**
 * Checks what a run of fused kernels begins with, experts and embedding against the network: they would compute something from
 * whatever they are given.
 *
 * @returns the entries that change anything
 * @throws {@link LimpidError} `InvalidArgument`, `ExpertMismatch`
 */
export function activeEntries(
  mixture: readonly MixtureEntry[],
  embedding: Float32Array,
  { sha256, config }: { readonly sha256: string; readonly config: BackboneConfig },
): readonly MixtureEntry[] {
  if (embedding.length !== config.embeddingSize) {
    throw new LimpidError(
      "InvalidArgument",
      `the network's embedding has ${config.embeddingSize} numbers, not ${embedding.length}`,
    );
  }
  for (const { expert, weight } of mixture) {
    if (!Number.isFinite(weight)) {
      throw new LimpidError("InvalidArgument", `the weight of expert ${expert.id} is ${weight}`);
    }
    expert.requireBase(sha256);
    expert.requireTargets(config);
  }
  return mixture.filter(({ weight }) => weight !== 0);
}

/**
 * Checks the blocks of one pass.
 *
 * @throws {@link LimpidError} `InvalidArgument` if there is none, or they are not of one size
 */
export function sizeOfBlocks(blocks: readonly PixelBlock[]): Omit<BatchShape, "images"> {
  const [first] = blocks;
  if (first === undefined) throw new LimpidError("InvalidArgument", "no blocks to measure");
  const { width, height } = first;
  const isSize = width > 0 && height > 0 && Number.isInteger(width) && Number.isInteger(height);
  for (const block of blocks) {
    const fits = block.width === width && block.height === height && block.rgb.length === width * height * 3;
    if (isSize && fits) continue;
    throw new LimpidError(
      "InvalidArgument",
      `a block of ${block.width} x ${block.height} pixels with ${block.rgb.length} numbers, expected ${width} x ${height} with 3 for each pixel`,
    );
  }
  return { width, height };
}
