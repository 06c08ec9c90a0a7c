import * as tf from "@tensorflow/tfjs-core";

/** A computation with a gradient of its own, which tfjs keeps by its name, as it does with its kernels. */
export interface OwnKernel {
  /** Its name; no kernel of tfjs begins with `Limpid`. */
  readonly name: `Limpid${string}`;
  /** The computation, in tfjs ops; it is tidied. */
  readonly compute: (inputs: readonly tf.Tensor[]) => tf.Tensor[];
  readonly savesInputs: boolean;
  readonly savesOutputs: readonly boolean[];
  /**
   * From the gradients of the outputs to those of the inputs, each computed only if it is asked for; `saved` has the
   * inputs, if they are saved, and behind them the saved outputs.
   */
  readonly gradients: (dys: readonly tf.Tensor[], saved: readonly tf.Tensor[]) => (() => tf.Tensor)[];
}

/**
 * Runs a computation on the current backend, and records it if a gradient is wanted. Unlike `tf.customGrad`, it leaves
 * out the gradients of inputs that do not change, and passes tfjs's check for leaks.
 */
export function runOwnKernel(kernel: OwnKernel, inputs: readonly tf.Tensor[]): tf.Tensor[] {
  register(kernel, inputs.length);
  return tf.engine().runKernel(kernel.name, Object.fromEntries(inputs.map((input, index) => [index, input])));
}

/** Whether a gradient is being recorded. tfjs's fused ops would then compute the gradients of frozen kernels too. */
export function isTaped(): boolean {
  return tf.engine().state.gradientDepth > 0;
}

function register(kernel: OwnKernel, inputCount: number): void {
  const { name: kernelName } = kernel;
  const backendName = tf.getBackend();
  if (tf.getKernel(kernelName, backendName) === undefined) {
    const kernelFunc: tf.KernelFunc = ({ inputs }) =>
      tf.tidy(() => kernel.compute(Object.values(inputs) as tf.Tensor[]));
    tf.registerKernel({ kernelName, backendName, kernelFunc });
  }
  if (tf.getGradient(kernelName) !== undefined) return;
  tf.registerGradient({
    kernelName,
    inputsToSave: kernel.savesInputs ? Array.from({ length: inputCount }, (_, index) => String(index)) : [],
    outputsToSave: [...kernel.savesOutputs],
    gradFunc: (dy, saved) =>
      Object.fromEntries(kernel.gradients(Array.isArray(dy) ? dy : [dy], saved).entries()),
  });
}
