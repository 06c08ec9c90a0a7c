import type { Expert } from "../../experts/index.js";
import type { ReadParameter } from "../host-modulation.js";
import { factorWords } from "./kernels/merge.js";
import type { PointwisePart } from "./weight-layout.js";

/** An expert's factors, ready to be added to folded weights. */
export interface FoldedExpert {
  /**
   * All factors, float32: of each convolution A, [rank, in + 1], the last column being the change of the bias, and B,
   * transposed and times alpha / rank, [rank, out].
   */
  readonly values: Float32Array;
  /** Of each convolution where A and B start among the values, and their rank: 0 if the expert does not change it. */
  readonly places: Uint32Array;
}

/**
 * Folds an expert as the weights that it changes are folded: a normalisation's weight and bias into A, a residual's
 * scale into B, so that the folded weights change by the product of the folded factors.
 *
 * @param expert - one that fits the base's network
 * @param targets - the convolutions that experts may change, in the order of the result's `places`
 * @param read - the base's parameters
 */
export function foldExpert(
  expert: Expert,
  targets: readonly PointwisePart[],
  read: ReadParameter,
): FoldedExpert {
  const places = new Uint32Array(targets.length * factorWords);
  let length = 0;
  targets.forEach(({ path, inputs, outputs }, index) => {
    const factors = expert.factors.get(path);
    if (factors === undefined) return;
    const { rank = expert.rank } = factors;
    places.set([length, length + rank * (inputs + 1), rank], index * factorWords);
    length += rank * (inputs + 1 + outputs);
  });
  const values = new Float32Array(Math.max(length, 1));
  targets.forEach(({ path, inputs, outputs, norm, scale }, index) => {
    const factors = expert.factors.get(path);
    if (factors === undefined) return;
    const strength = expert.scaleOf(factors);
    const [a, b] = [factors.a.toFloat32(), factors.b.toFloat32()];
    const weight = norm === undefined ? undefined : read(`${norm}.weight`);
    const offset = norm === undefined ? undefined : read(`${norm}.bias`);
    const factor = scale === undefined ? undefined : read(scale);
    const [startA = 0, startB = 0, rank = 0] = places.subarray(index * factorWords);
    for (let r = 0; r < rank; r++) {
      const row = startA + r * (inputs + 1);
      let bias = 0;
      for (let input = 0; input < inputs; input++) {
        const value = a[r * inputs + input]!;
        values[row + input] = value * (weight?.[input] ?? 1);
        bias += value * (offset?.[input] ?? 0);
      }
      values[row + inputs] = bias;
      for (let output = 0; output < outputs; output++) {
        values[startB + r * outputs + output] = b[output * rank + r]! * strength * (factor?.[output] ?? 1);
      }
    }
  });
  return { values, places };
}
