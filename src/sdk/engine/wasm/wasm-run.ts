import { LimpidError, throwIfAborted } from "../../base/index.js";
import type { ExecutorCallOptions, ExecutorRun, PixelBlock } from "../executor.js";
import { sizeOfBlocks } from "../run-input.js";
import type { Machine, MachineCall, Program } from "./machine.js";

/** Lends a run the machine, one call at a time. */
export type WithMachine = <T>(task: (machine: Machine) => Promise<T>) => Promise<T>;

/** One image's run: its weights and its vectors. */
export class WasmRun implements ExecutorRun {
  readonly [Symbol.dispose] = (): void => this.dispose();
  /** A second block would gain nothing: the thread is what computes. */
  readonly overlap = 1;
  /** Whether nobody else has the run's weights. */
  readonly ownsWeights: boolean;
  readonly #withMachine: WithMachine;
  readonly #onEnd: () => void;
  #program: Program;
  #disposed = false;

  /**
   * @param ownsWeights - whether nobody else has its weights
   * @param onEnd - told when the run is disposed
   */
  constructor(withMachine: WithMachine, program: Program, ownsWeights: boolean, onEnd: () => void) {
    this.ownsWeights = ownsWeights;
    this.#withMachine = withMachine;
    this.#program = program;
    this.#onEnd = onEnd;
  }

  /** What the run's blocks are restored with: other vectors once attention was measured. */
  get program(): Program {
    return this.#program;
  }

  async measure(blocks: readonly PixelBlock[], options: ExecutorCallOptions = {}): Promise<void> {
    const call = { ...this.#call(options), onProgress: options.onProgress };
    sizeOfBlocks(blocks);
    const { weights } = this.#program;
    const vectors = await this.#withMachine((machine) => machine.measure(this.#program, blocks, call));
    this.#program = { weights, vectors, isMeasured: true };
  }

  async restore(block: PixelBlock, options: ExecutorCallOptions = {}): Promise<PixelBlock> {
    const call = this.#call(options);
    sizeOfBlocks([block]);
    return this.#withMachine((machine) => machine.restore(this.#program, block, call));
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#onEnd();
  }

  #call({ signal }: ExecutorCallOptions): MachineCall {
    const check = (): void => {
      if (this.#disposed) throw new LimpidError("Disposed", "a run was used after disposal");
    };
    check();
    throwIfAborted(signal);
    return { signal, check };
  }
}
