import * as tf from "@tensorflow/tfjs-core";

/** A float32 tensor as it can be posted. */
export interface PackedTensor {
  /** Its shape. */
  readonly shape: readonly number[];
  /** Its values, row-major, in a buffer of their own. */
  readonly values: Float32Array<ArrayBuffer>;
}

/** A plain object or array in which every tensor is a {@link PackedTensor}. */
export type Packed<T> = T extends tf.Tensor
  ? PackedTensor
  : T extends object
    ? { readonly [Key in keyof T]: Packed<T[Key]> }
    : T;

/**
 * Copies the tensors in a plain object or array out of the memory of a CPU backend, to send them to another thread.
 *
 * @param container - float32 tensors, however deep; not disposed
 * @returns the same structure
 */
export function packTensors<T>(container: T): Packed<T> {
  return replace(container, (node) =>
    isTensor(node) ? { shape: node.shape, values: node.dataSync<"float32">() } : undefined,
  ) as Packed<T>;
}

/**
 * Makes tensors on the current tfjs backend of what {@link packTensors} made.
 *
 * @param packed - the structure
 * @returns the same structure, whose tensors are the caller's to dispose
 */
export function unpackTensors<T>(packed: Packed<T>): T {
  return replace(packed, (node) =>
    isPacked(node) ? tf.tensor(node.values, [...node.shape], "float32") : undefined,
  ) as T;
}

/**
 * The buffers of all tensors in a structure: who transfers them has them no longer.
 *
 * @param packed - what {@link packTensors} made
 */
export function buffersOf(packed: unknown): ArrayBuffer[] {
  const buffers: ArrayBuffer[] = [];
  replace(packed, (node) => {
    if (isPacked(node)) buffers.push(node.values.buffer);
    return isPacked(node) ? node : undefined;
  });
  return buffers;
}

function isTensor(node: object): node is tf.Tensor {
  return node instanceof tf.Tensor;
}

function isPacked(node: object): node is PackedTensor {
  return "shape" in node && "values" in node && ArrayBuffer.isView(node.values);
}

/** The structure with what a function makes of some of its objects in their place. */
function replace(node: unknown, change: (node: object) => object | undefined): unknown {
  if (typeof node !== "object" || node === null) return node;
  const changed = change(node);
  if (changed !== undefined) return changed;
  if (Array.isArray(node)) return node.map((child) => replace(child, change));
  return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, replace(child, change)]));
}
