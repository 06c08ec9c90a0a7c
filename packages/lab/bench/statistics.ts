/** Where some measurements lie. */
export interface Spread {
  readonly least: number;
  /** The middle one; the lower of two. */
  readonly median: number;
  /** The greatest of them. */
  readonly most: number;
}

/**
 * Where measurements lie.
 *
 * @param values - at least one
 * @throws RangeError if there are none
 */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError("no measurements");
  const sorted = [...values].sort((a, b) => a - b);
  const [least, median, most] = [0, 0.5, 1].map((share) => sorted[Math.floor(share * (sorted.length - 1))]!);
  return { least: least!, median: median!, most: most! };
}

/** The mean of measurements. */
export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** `median (least to most)` to one digit; one measurement alone as it is. */
export function formatSpread(values: readonly number[]): string {
  if (values.length === 0) return "";
  const { least, median, most } = spreadOf(values);
  if (values.length === 1) return median.toFixed(1);
  return `${median.toFixed(1)} (${least.toFixed(1)} to ${most.toFixed(1)})`;
}

/**
 * The greatest difference between two results of one length.
 *
 * @throws RangeError if they differ in length
 */
export function greatestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`${a.length} numbers against ${b.length}`);
  let greatest = 0;
  // Math.max keeps what is not a number.
  for (let index = 0; index < a.length; index++)
    greatest = Math.max(greatest, Math.abs(a[index]! - b[index]!));
  return greatest;
}
