import { LimpidError } from "../../base/index.js";

/** The functions that `assembly/` exports. Addresses are in bytes. */
export interface Kernels {
  /** Runs a block, or a part of it, over rows of a band. */
  runBlock(block: number, parts: number, left: number, right: number, from: number, to: number): void;
  /** Runs a convolution over rows of its output. */
  runLayer(layer: number, from: number, to: number): void;
  /** Adds an expert to a convolution's weights. */
  mergeExpert(
    weights: number,
    depth: number,
    outputs: number,
    a: number,
    b: number,
    rank: number,
    strength: number,
  ): void;
  /** Multiplies the inputs of a 1x1 convolution by factors, as part of its weights. */
  scaleInputs(weights: number, inputs: number, outputs: number, factors: number, result: number): void;
  /** 48 products a round, in registers; for benchmarks. */
  multiplyAddInRegisters(rounds: number): number;
}

/** A module of one function that uses `f32x4.relaxed_madd`, which only runtimes with relaxed SIMD accept. */
const relaxedProbe = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0],
  ...[65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 133, 2, 11],
);

/**
 * Compiles the kernels: those that multiply and add in one step where the runtime has relaxed SIMD, else those of plain SIMD.
 * The module has no state and may be posted to other threads.
 *
 * @throws {@link LimpidError} `BackendUnavailable` if the runtime has no WebAssembly, or none with SIMD
 */
export async function compileKernels(): Promise<WebAssembly.Module> {
  if (typeof WebAssembly === "undefined") throw unavailable("this runtime has no WebAssembly");
  const { kernels } = WebAssembly.validate(relaxedProbe)
    ? await import("./kernels-relaxed.js")
    : await import("./kernels-simd.js");
  const bytes = Uint8Array.from(atob(kernels), (character) => character.charCodeAt(0));
  if (!WebAssembly.validate(bytes)) throw unavailable("this runtime's WebAssembly has no SIMD");
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    // A page's Content-Security-Policy may forbid it.
    throw unavailable(error instanceof Error ? error.message : String(error));
  }
}

/**
 * Makes an instance of the kernels.
 *
 * @param module - from {@link compileKernels}, of this thread or another
 */
export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
}

function unavailable(reason: string): LimpidError {
  return new LimpidError("BackendUnavailable", `the WebAssembly kernels do not run here: ${reason}`, {
    details: { reason },
  });
}
