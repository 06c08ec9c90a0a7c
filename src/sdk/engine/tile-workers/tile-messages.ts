import type * as tf from "@tensorflow/tfjs-core";
import type { BackboneConfig, PreparedLayers, StageModulations } from "../../backbone/index.js";
import type { PixelBlock } from "../executor.js";
import type { StartBackendOptions } from "../tfjs-backend.js";
import type { Packed } from "./packed-tensors.js";

/** What a run adds to its backbone: small enough to be sent with every block. */
export interface RunCondition {
  /** What the embedding does to the stages. */
  readonly modulation: Packed<StageModulations>;
  /** The pooled statistics by layer; empty if they were not measured. */
  readonly statistics: Packed<Record<string, tf.Tensor4D>>;
}

/** To a worker. It carries messages out in their order; only `abort` and `ping` are heard between two layers. */
export type ToTileWorker =
  | { readonly type: "start"; readonly options: StartBackendOptions }
  | {
      readonly type: "backbone";
      /** Names it in `restore` and `release`. */
      readonly id: number;
      readonly config: BackboneConfig;
      readonly layers: Packed<PreparedLayers>;
    }
  | {
      /** One at a time: the next is sent when this one was answered. */
      readonly type: "restore";
      readonly backbone: number;
      readonly condition: RunCondition;
      readonly block: PixelBlock;
    }
  | { readonly type: "abort" }
  | { readonly type: "release"; readonly id: number }
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
