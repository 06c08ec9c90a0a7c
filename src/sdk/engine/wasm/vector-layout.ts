import { listStages, type BackboneConfig } from "../../backbone/index.js";

/** Where a run's modulations and channel attentions lie, in floats. */
export interface VectorLayout {
  /** By the stage's path: scales, then offsets. */
  readonly modulations: ReadonlyMap<string, number>;
  /** By the block's path: one factor for each channel. */
  readonly attentions: ReadonlyMap<string, number>;
  readonly length: number;
}

/** Lays out a run's vectors. */
export function layOutVectors(config: BackboneConfig): VectorLayout {
  const modulations = new Map<string, number>();
  const attentions = new Map<string, number>();
  let length = 0;
  for (const { path, channels, modulated, blocks } of listStages(config)) {
    const take = (floats: number): number => {
      const offset = length;
      length += floats;
      return offset;
    };
    if (modulated) modulations.set(path, take(2 * channels));
    for (const block of blocks) attentions.set(block, take(channels));
  }
  return { modulations, attentions, length };
}
