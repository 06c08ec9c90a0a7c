import { LimpidError } from "../base/index.js";

/**
 * The published gate: the k largest logits compete in a softmax, the others get weight 0. With k = 1 it is a hard
 * switch.
 *
 * @param logits - the router's, one per expert, finite
 * @param k - how many experts to keep, from 1 to the number of logits
 * @returns one weight per expert, at least 0; they sum to 1. Of equal logits the first ones are kept
 * @throws {@link LimpidError} `InvalidArgument` if there are no logits, one is not finite, or k is out of range
 */
export function routeTopK(logits: ArrayLike<number>, k: number): number[] {
  const values = Array.from(logits);
  if (values.length === 0 || !values.every(Number.isFinite)) {
    throw new LimpidError(
      "InvalidArgument",
      `logits must be finite numbers, at least one: [${values.join(", ")}]`,
    );
  }
  if (!Number.isSafeInteger(k) || k < 1 || k > values.length) {
    throw new LimpidError("InvalidArgument", `k is ${k}, expected 1 to ${values.length}`);
  }
  const order = values.map((value, index) => ({ value, index })).sort((a, b) => b.value - a.value);
  const kept = order.slice(0, k);
  const largest = kept[0]?.value ?? 0;
  const exponentials = kept.map(({ value }) => Math.exp(value - largest));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  const weights = new Array<number>(values.length).fill(0);
  kept.forEach(({ index }, position) => {
    weights[index] = (exponentials[position] ?? 0) / sum;
  });
  return weights;
}
