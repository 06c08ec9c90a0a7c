import { LimpidError } from "../../base/index.js";
import type { Pace } from "../pace.js";
import { instantiateKernels, type Kernels } from "./kernels.js";

/** Bytes of a number. */
export const floatBytes = 4;
const pageBytes = 65_536;
/** What lies at lower addresses is the kernels' own. */
const firstAddress = 1024;
/** Multiply-adds between two looks at the clock: a millisecond or so. */
const sliceCost = 2e7;

/** An instance of the kernels, and the memory on which they work. */
export class KernelMemory {
  readonly kernels: Kernels;
  readonly #memory = new WebAssembly.Memory({ initial: 1 });
  readonly #limit: number;
  #end = firstAddress;
  #floats: Float32Array;

  /** @param limit - most memory that it may take, in bytes */
  constructor(module: WebAssembly.Module, limit = Infinity) {
    this.#limit = limit;
    this.kernels = instantiateKernels(module, this.#memory);
    this.#floats = new Float32Array(this.#memory.buffer);
  }

  /** The memory as numbers, until it grows. */
  get floats(): Float32Array {
    return this.#floats;
  }

  /** Bytes of memory. */
  get byteSize(): number {
    return this.#floats.byteLength;
  }

  /** The first address that was not taken. */
  get end(): number {
    return this.#end;
  }

  /**
   * Takes memory for good, at a multiple of 64 bytes; {@link KernelMemory.grow} provides it.
   *
   * @param length - in floats
   */
  take(length: number): number {
    const offset = this.#end;
    this.#end += Math.ceil(length / 16) * 64;
    return offset;
  }

  /**
   * Makes the memory as large as that, if it is smaller.
   *
   * @param size - in bytes
   * @throws {@link LimpidError} `OutOfMemory`
   */
  grow(size: number): void {
    const missing = Math.ceil((size - this.byteSize) / pageBytes);
    if (missing <= 0) return;
    try {
      if (size > this.#limit) throw new RangeError(`a limit of ${this.#limit} bytes`);
      this.#memory.grow(missing);
    } catch (error) {
      throw new LimpidError(
        "OutOfMemory",
        `WebAssembly's memory cannot grow to ${size} bytes: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    }
    this.#floats = new Float32Array(this.#memory.buffer);
  }

  /**
   * Runs a kernel over rows, some at a time, and lets the thread do other things in between.
   *
   * @param height - how many rows
   * @param cost - multiply-adds of a row
   * @param run - the kernel, over rows from the first to before the second
   * @param onPause - called when the thread did other things; what it throws ends the run
   */
  async inSlices(
    height: number,
    cost: number,
    pace: Pace,
    run: (from: number, to: number) => void,
    onPause?: () => void,
  ): Promise<void> {
    const rows = Math.max(1, Math.floor(sliceCost / cost));
    for (let y = 0; y < height; y += rows) {
      run(y, Math.min(height, y + rows));
      if (await pace.breathe()) onPause?.();
    }
  }

  /** Writes whole numbers, such as records. */
  setWords(address: number, words: ArrayLike<number>): void {
    new Uint32Array(this.#memory.buffer).set(words, address / floatBytes);
  }
}
