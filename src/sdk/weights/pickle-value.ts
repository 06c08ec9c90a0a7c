import type { TensorType } from "./tensor-type.js";

/** Everything that the restricted unpickler can produce. Nothing of it can be called. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleDictionary
  | PickleList
  | PickleTuple
  | PickleGlobal
  | PickleStorage
  | PickleTensor;

/** A `dict` or `collections.OrderedDict`. */
export type PickleDictionary = Map<PickleValue, PickleValue>;

/** A `list`. */
export type PickleList = PickleValue[];

/** A `tuple`. */
export class PickleTuple {
  /** @param items - its items, in order */
  constructor(readonly items: readonly PickleValue[]) {}
}

/** An importable name of Python's that is on the list of {@link globals}: a word, not a function. */
export class PickleGlobal {
  /** @param name - module and name, joined by a dot */
  constructor(readonly name: GlobalName) {}
}

/** A storage of a PyTorch checkpoint: the archive's record that a tensor's elements lie in. */
export class PickleStorage {
  /**
   * @param element - how its elements are stored
   * @param key - the record's name
   * @param count - how many elements it has
   */
  constructor(
    readonly element: StorageElement,
    readonly key: string,
    readonly count: number,
  ) {}
}

/** A tensor as `torch._utils._rebuild_tensor_v2` describes it: a strided view of a storage. Not yet checked. */
export class PickleTensor {
  /**
   * @param storage - where its elements lie
   * @param offset - its first element within the storage
   * @param shape - one length per axis
   * @param strides - per axis, how many elements to go on for the next index
   */
  constructor(
    readonly storage: PickleStorage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** How PyTorch stores an element, and as which {@link TensorType} Limpid reads it. */
export interface StorageElement {
  /** PyTorch's name for it. */
  readonly name: "float32" | "float16" | "bfloat16" | "int32" | "uint8" | "float64" | "int64";
  /** Bytes of one element in the storage. */
  readonly bytes: 1 | 2 | 4 | 8;
  /** As what it is read; `float64` and `int64` are narrowed. */
  readonly dtype: TensorType;
}

const storages = {
  "torch.FloatStorage": { name: "float32", bytes: 4, dtype: "F32" },
  "torch.HalfStorage": { name: "float16", bytes: 2, dtype: "F16" },
  "torch.BFloat16Storage": { name: "bfloat16", bytes: 2, dtype: "BF16" },
  "torch.IntStorage": { name: "int32", bytes: 4, dtype: "I32" },
  "torch.ByteStorage": { name: "uint8", bytes: 1, dtype: "U8" },
  "torch.DoubleStorage": { name: "float64", bytes: 8, dtype: "F32" },
  "torch.LongStorage": { name: "int64", bytes: 8, dtype: "I32" },
} as const satisfies Record<string, StorageElement>;

const functions = {
  "collections.OrderedDict": null,
  "torch._utils._rebuild_tensor_v2": null,
  "torch._utils._rebuild_parameter": null,
} as const;

/** A global that a checkpoint may name. */
export type GlobalName = keyof typeof storages | keyof typeof functions;

/** Every global that a checkpoint may name, with what a storage class stands for; null for the functions. */
export const globals: ReadonlyMap<string, StorageElement | null> = new Map<string, StorageElement | null>([
  ...Object.entries(functions),
  ...Object.entries(storages),
]);

/**
 * A dictionary's key for a message.
 *
 * @param key - any value; what it contains is not looked at
 * @returns a string quoted and cut to 200 characters, a number as it is, otherwise the kind of value
 */
export function showKey(key: PickleValue): string {
  if (typeof key === "string") {
    return JSON.stringify(key.length > 200 ? `${key.slice(0, 200)}...` : key);
  }
  return typeof key === "object" && key !== null ? "(a container)" : String(key);
}
