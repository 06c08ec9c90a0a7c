import { engine, memory, type MemoryInfo } from "@tensorflow/tfjs-core";

/** How much more tfjs holds after a run than before it; all zero if nothing leaked, negative if it freed. */
export interface MemoryGrowth {
  /** Tensors that are alive. */
  readonly tensors: number;
  /** Buffers behind the tensors; several tensors may share one. */
  readonly dataBuffers: number;
  /** Bytes of the tensors; a shared buffer counts for each. */
  readonly bytes: number;
}

/**
 * Runs something and tells what it left behind in tfjs, where Limpid trains, and restores where its own kernels do not run.
 * Create and dispose within the run whatever should net to zero.
 *
 * @param run - what to measure; awaited if it returns a promise
 * @returns the growth between before and after; whatever else runs meanwhile counts too
 * @throws what `run` throws
 *
 * @example
 * ```ts
 * const growth = await measureMemoryGrowth(async () => {
 *   const limpid = await createLimpid({ host });
 *   await limpid.restore(image);
 *   limpid.dispose();
 * });
 * assert.deepEqual(growth, { tensors: 0, dataBuffers: 0, bytes: 0 });
 * ```
 */
export async function measureMemoryGrowth(run: () => unknown): Promise<MemoryGrowth> {
  const before = held();
  await run();
  const after = held();
  return {
    tensors: after.numTensors - before.numTensors,
    dataBuffers: after.numDataBuffers - before.numDataBuffers,
    bytes: after.numBytes - before.numBytes,
  };
}

/** Without a backend tfjs holds nothing, and cannot say so. */
function held(): Pick<MemoryInfo, "numTensors" | "numDataBuffers" | "numBytes"> {
  const hasBackend = Object.keys(engine().registry).length > 0;
  return hasBackend ? memory() : { numTensors: 0, numDataBuffers: 0, numBytes: 0 };
}
