import type { PixelBlock } from "../executor.js";
import type { MachineOptions } from "../wasm/machine.js";

/** A block to be restored by a tile worker. */
export interface TileTask {
  /** Names weights that the worker was told. */
  readonly weights: number;
  /** What the run adds to them: modulations and, if they were measured, channel attentions. */
  readonly vectors: Float32Array;
  /** Whether channel attentions are among the vectors. */
  readonly isMeasured: boolean;
  readonly block: PixelBlock;
}

/** What a tile worker does, one after the other; an abort alone is heard between two layers. */
export interface TileMethods {
  /** Compiles its kernels for a network. */
  start(machine: MachineOptions): void;
  /** Keeps packed weights, experts merged, under a number. */
  weights(weights: { readonly id: number; readonly weights: Float32Array }): void;
  /** Lets go of weights. */
  release(id: number): void;
  /** No block is to come for now: what blocks worked on may be let go of. */
  rest(_: undefined): void;
  /** Restores a block. One at a time: the next is sent when this one was answered. */
  restore(task: TileTask): PixelBlock;
}
