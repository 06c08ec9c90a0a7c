import * as tf from "@tensorflow/tfjs-core";

// tfjs finds the tensors in plain objects and arrays, however deep, but its types admit no readonly fields.

/**
 * As `tf.tidy`, for a result that is a plain object or array with tensors somewhere inside.
 *
 * @param compute - makes the result; tensors that are not in it are disposed
 */
export function tidyTensors<T extends object>(compute: () => T): T {
  return tf.tidy(() => compute() as unknown as tf.TensorContainer) as unknown as T;
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
