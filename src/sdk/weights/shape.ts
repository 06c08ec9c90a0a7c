/**
 * Counts the elements of a tensor without ever rounding: `[]` is a scalar and holds one.
 *
 * A shape whose entries overflow is refused even when another entry is 0, so that the answer does not depend
 * on the order of the entries.
 *
 * @param shape - one length per axis, outermost first; not trusted
 * @returns the product, or undefined if an entry is not a non-negative safe integer or the product is too
 *   large to be exact
 */
export function countElements(shape: readonly unknown[]): number | undefined {
  let product = 1;
  let isEmpty = false;
  for (const length of shape) {
    if (!isLength(length)) {
      return undefined;
    }
    if (length === 0) {
      isEmpty = true;
      continue;
    }
    product *= length;
    if (!Number.isSafeInteger(product)) {
      return undefined;
    }
  }
  return isEmpty ? 0 : product;
}

/**
 * Whether a value read from a file can be a length or an offset.
 *
 * @returns true for an integer from 0 to 2^53 - 1
 */
export function isLength(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0);
}
