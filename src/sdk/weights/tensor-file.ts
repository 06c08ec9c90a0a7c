import type { HostTensor } from "./host-tensor.js";

/** What a weight file holds, whatever its container. */
export interface TensorFile {
  /** The tensors by name, in the order of the file. Names are the file's own, `__proto__` being one like any. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /**
   * Notes on the file, strings by name; empty if there are none. Files that were read give an object without
   * a prototype.
   */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The metadata of a file that has none. */
export const noMetadata: Readonly<Record<string, string>> = Object.freeze(
  Object.create(null) as Record<string, string>,
);
