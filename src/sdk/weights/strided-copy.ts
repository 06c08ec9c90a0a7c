/** A typed array of the elements that {@link copyStrided} moves. */
export type ElementArray = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

/**
 * Whether a strided view lies in memory as a dense row-major tensor does. Strides of axes of length 1 do not
 * matter, as in PyTorch's `is_contiguous`.
 *
 * @param shape - one length per axis, none of them 0
 * @param strides - per axis, how many elements to go on for the next index
 * @returns true if no copy is needed
 */
export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) {
      return false;
    }
    expected *= shape[axis]!;
  }
  return true;
}

/**
 * How far a strided view reaches into its storage.
 *
 * @param offset - its first element
 * @param shape - one length per axis, none of them 0
 * @param strides - per axis, how many elements to go on for the next index
 * @returns the index after its last element; more than the storage has, rounded perhaps, if it reaches past it
 */
export function stridedEnd(offset: number, shape: readonly number[], strides: readonly number[]): number {
  return shape.reduce((end, length, axis) => end + (length - 1) * strides[axis]!, offset + 1);
}

/**
 * Packs a strided view densely, row-major.
 *
 * @param source - the storage; must reach to {@link stridedEnd}
 * @param target - as many elements as the view has; written
 * @param offset - the view's first element within `source`
 * @param shape - one length per axis, none of them 0
 * @param strides - per axis, how many elements to go on for the next index
 */
export function copyStrided<T extends ElementArray>(
  source: T,
  target: T,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
): void {
  const index = new Array<number>(shape.length).fill(0);
  let position = offset;
  for (let i = 0; i < target.length; i++) {
    target[i] = source[position]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      position += strides[axis]!;
      if (index[axis]! < shape[axis]!) {
        break;
      }
      position -= index[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
}
