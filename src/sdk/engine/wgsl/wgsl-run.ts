import { LimpidError } from "../../base/index.js";
import type { ExecutorCallOptions, ExecutorRun, PixelBlock } from "../executor.js";
import type { PassCall, RunSlot, TileRunner } from "./tile-runner.js";

/** One image's run: its weights, its modulation and, once measured, its channel attention lie in its slot. */
export class WgslRun implements ExecutorRun {
  readonly [Symbol.dispose] = (): void => this.dispose();
  /** While one block is computed, the next is uploaded, or the one before is read. */
  readonly overlap = 2;
  readonly #runner: TileRunner;
  readonly #slot: RunSlot;
  readonly #onEnd: () => void;
  #isMeasured = false;
  #disposed = false;

  constructor(runner: TileRunner, slot: RunSlot, onEnd: () => void) {
    this.#runner = runner;
    this.#slot = slot;
    this.#onEnd = onEnd;
  }

  async measure(blocks: readonly PixelBlock[], options: ExecutorCallOptions = {}): Promise<void> {
    await this.#runner.measure(this.#call(options), blocks);
    this.#isMeasured = true;
  }

  async restore(block: PixelBlock, options: ExecutorCallOptions = {}): Promise<PixelBlock> {
    return this.#runner.restore(this.#call(options), block, this.#isMeasured);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#onEnd();
  }

  #call({ signal }: ExecutorCallOptions): PassCall {
    this.#throwIfDisposed();
    return { slot: this.#slot, signal, check: () => this.#throwIfDisposed() };
  }

  #throwIfDisposed(): void {
    if (this.#disposed) throw new LimpidError("Disposed", "a run was used after disposal");
  }
}
