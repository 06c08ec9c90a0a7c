import * as tf from "@tensorflow/tfjs-core";

// tfjs finds the tensors in plain objects and arrays, however deep, but its types admit no readonly fields.

/**
 * Computes tensors for an object that will own them: nothing else is left behind, and they outlive every `tf.tidy`
 * around the call.
 *
 * @param compute - makes a plain object or array with tensors somewhere inside
 */
export function ownTensors<T extends object>(compute: () => T): T {
  const result = tf.tidy(() => compute() as unknown as tf.TensorContainer);
  tf.tensor_util.getTensorsInContainer(result).forEach((tensor) => tf.keep(tensor));
  return result as unknown as T;
}

/** Disposes every tensor inside a plain object or array. */
export function disposeTensors(container: object): void {
  tf.dispose(container as unknown as tf.TensorContainer);
}

/** Bytes of device memory that the float32 tensors inside a plain object or array take. */
export function countTensorBytes(container: object): number {
  const tensors = tf.tensor_util.getTensorsInContainer(container as unknown as tf.TensorContainer);
  return tensors.reduce((size, tensor) => size + tensor.size * Float32Array.BYTES_PER_ELEMENT, 0);
}
