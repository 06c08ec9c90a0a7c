import type { Expert, MixtureEntry } from "../experts/index.js";
import type { Disposable } from "../base/index.js";
import type { BackendName } from "./backend-name.js";

/** A rectangle of pixels on its way to or from the network: [height, width, 3], row-major, sRGB-coded. */
export interface PixelBlock {
  readonly width: number;
  readonly height: number;
  /** Interleaved RGB, 0..1 on the way in; on the way out not clipped. */
  readonly rgb: Float32Array;
}

/** What a run can be told besides its pixels. */
export interface ExecutorCallOptions {
  /** Stops the call between two layers. */
  readonly signal?: AbortSignal;
  /**
   * Told the share of a measurement that is done, 0 to 1, by executors that know it on the way; waited for. What it throws ends
   * the measurement.
   */
  readonly onProgress?: (share: number) => unknown;
}

/** One image's pass through the backbone: its mixture merged, its embedding applied, its statistics measured. */
export interface ExecutorRun extends Disposable {
  /**
   * How many blocks are worth having under way at once: more than one where the upload, computation and download of
   * consecutive blocks overlap, or where several are restored side by side. May change while the run goes on.
   */
  readonly overlap: number;

  /**
   * Says how many blocks will come, so that what restores them can start while statistics are measured.
   *
   * @param blocks - one at least
   */
  announce?(blocks: number): void;

  /**
   * Measures the statistics that channel attention pools, jointly over some blocks of the image, so that every tile
   * sees the image's own and not the tile's.
   *
   * @param blocks - blocks of one size that stand for the image; as one batch they must fit in memory
   * @param options - a signal, and who wants to know how far it is
   * @throws {@link LimpidError} `Aborted`, `DeviceLost`, `OutOfMemory`, `Disposed`
   */
  measure(blocks: readonly PixelBlock[], options?: ExecutorCallOptions): Promise<void>;

  /**
   * Restores one block, with the measured statistics if there are any, else with the block's own.
   *
   * @param block - any size
   * @param options - a signal
   * @returns a new block of the same size
   * @throws {@link LimpidError} `Aborted`, `DeviceLost`, `OutOfMemory`, `Disposed`
   */
  restore(block: PixelBlock, options?: ExecutorCallOptions): Promise<PixelBlock>;
}

/** Runs the backbone; the kinds differ in speed, not in result. Base weights are prepared when it is made. */
export interface Executor extends Disposable {
  /** How it computes: tfjs ops, fused WebGPU kernels, or fused WebAssembly kernels. */
  readonly kind: "tfjs" | "wgsl" | "wasm";
  /** Where it computes. */
  readonly backend: BackendName;
  /** Bytes of device memory that weights, prepared weights and resident experts take between runs. */
  readonly byteSize: number;

  /**
   * Prepares one image's run. The mixture belongs to the run: another run does not see it.
   *
   * @param mixture - experts with their weights; may be empty
   * @param embedding - the router's degradation embedding, [embeddingSize]
   * @returns the run, for the caller to dispose
   * @throws {@link LimpidError} `ExpertMismatch` if an expert is for another base, `DeviceLost`, `Disposed`
   */
  begin(mixture: readonly MixtureEntry[], embedding: Float32Array): ExecutorRun;

  /**
   * Frees the device memory of experts that nobody needs any more. Runs that were begun with them are not disturbed.
   *
   * @param isNeeded - whether an expert may be wanted again
   */
  releaseExperts(isNeeded: (expert: Expert) => boolean): void;
}
