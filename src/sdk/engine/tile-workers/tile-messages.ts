import type { BackboneConfig } from "../../backbone/index.js";
import type { PixelBlock } from "../executor.js";

/** To a worker. It carries messages out in their order; only `abort` and `ping` are heard between two layers. */
export type ToTileWorker =
  | {
      readonly type: "start";
      /** The compiled kernels. */
      readonly module: WebAssembly.Module;
      readonly config: BackboneConfig;
    }
  | {
      readonly type: "weights";
      /** Names them in `restore` and `release`. */
      readonly id: number;
      /** Packed, experts merged. */
      readonly weights: Float32Array;
    }
  | {
      /** One at a time: the next is sent when this one was answered. */
      readonly type: "restore";
      readonly weights: number;
      /** What the run adds to them: modulations and, if they were measured, channel attentions. */
      readonly vectors: Float32Array;
      readonly isMeasured: boolean;
      readonly block: PixelBlock;
    }
  | { readonly type: "abort" }
  | { readonly type: "release"; readonly id: number }
  /** No block is to come for now: what blocks worked on may be let go of. */
  | { readonly type: "rest" }
  | { readonly type: "ping" };

/** From a worker. */
export type FromTileWorker =
  | { readonly type: "ready" }
  /** The block of the last `restore`. */
  | { readonly type: "restored"; readonly block: PixelBlock }
  /** The last `restore` was dropped. */
  | { readonly type: "aborted" }
  | { readonly type: "pong" }
  /** It cannot go on. */
  | { readonly type: "failed"; readonly reason: string };
