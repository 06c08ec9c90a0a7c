/**
 * An element type of a stored tensor, by its safetensors name: 32-bit, 16-bit and brain floats, signed 32-bit
 * integers, unsigned bytes. All little-endian.
 */
export type TensorType = "F32" | "F16" | "BF16" | "I32" | "U8";

/** Every {@link TensorType}, widest precision first. */
export const tensorTypes: readonly TensorType[] = ["F32", "F16", "BF16", "I32", "U8"];

/**
 * @param dtype - an element type
 * @returns how many bytes one element takes
 */
export function bytesPerElement(dtype: TensorType): 1 | 2 | 4 {
  switch (dtype) {
    case "F32":
    case "I32":
      return 4;
    case "F16":
    case "BF16":
      return 2;
    case "U8":
      return 1;
  }
}

/** Whether a value read from a file names an element type that this room reads. */
export function isTensorType(value: unknown): value is TensorType {
  return tensorTypes.includes(value as TensorType);
}
