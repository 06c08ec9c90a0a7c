import type { HeldOutPsnr, TrainingEvaluation } from "limpid/authoring";

/** One pair of files. */
export interface FilePair {
  readonly name: string;
  readonly before: Blob;
  readonly after: Blob;
}

/** What the page asks of the worker. */
export interface TrainRequest {
  readonly pairs: readonly FilePair[];
  readonly degradation: string;
  readonly publisher: string;
  readonly steps: number;
  readonly backend: "auto" | "wasm";
  /** Side of the patches in pixels. */
  readonly patchSize: number;
}

/** What the worker tells the page. */
export type TrainReply =
  | {
      readonly kind: "progress";
      readonly step: number;
      readonly losses: readonly number[];
      readonly evaluations: readonly TrainingEvaluation[];
      readonly heldOut: HeldOutPsnr;
      readonly secondsPerStep: number;
    }
  | { readonly kind: "note"; readonly text: string }
  | {
      readonly kind: "done";
      readonly pack: Uint8Array<ArrayBuffer>;
      readonly name: string;
      readonly text: string;
    }
  | { readonly kind: "failed"; readonly message: string };
