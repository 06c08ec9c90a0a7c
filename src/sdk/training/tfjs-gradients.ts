import * as tf from "@tensorflow/tfjs-core";

/**
 * Sees to it that tfjs knows the gradients of its kernels, which its core leaves out: they come with the whole of
 * `@tensorflow/tfjs`, loaded only here, when something is trained. Does nothing if they are there.
 */
export async function loadGradients(): Promise<void> {
  if (tf.getGradient("Conv2D") === undefined) await import("@tensorflow/tfjs");
}
