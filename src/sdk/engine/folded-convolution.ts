import type { Expert } from "../experts/index.js";
import type { ReadParameter } from "./host-modulation.js";

/** A 1x1 convolution, and what is folded into it so that it runs on plainly normalised features. */
export interface FoldedConvolution {
  /** Its module path, such as `encoders.0.blocks.0.conv1`. */
  readonly path: string;
  /** The normalisation before it, whose weight and bias are folded in. */
  readonly norm?: string;
  /** The parameter that scales its output, folded in. */
  readonly scale?: string;
}

/** Weights in whatever order an executor wants them. */
export interface OrderedWeights {
  readonly weight: (output: number, index: number) => number;
  readonly bias: (output: number) => number;
}

/**
 * Folds what surrounds a convolution into its weights.
 *
 * @returns its weights by output and input
 */
export function foldConvolution(
  { path, norm, scale }: FoldedConvolution,
  inputs: number,
  read: ReadParameter,
): OrderedWeights {
  const kernel = read(`${path}.conv.weight`);
  const bias = read(`${path}.conv.bias`);
  const gain = norm === undefined ? undefined : read(`${norm}.weight`);
  const offset = norm === undefined ? undefined : read(`${norm}.bias`);
  const factor = scale === undefined ? undefined : read(scale);
  return {
    weight: (output, input) =>
      kernel[output * inputs + input]! * (gain?.[input] ?? 1) * (factor?.[output] ?? 1),
    bias: (output) => {
      let sum = bias[output]!;
      offset?.forEach((value, input) => (sum += kernel[output * inputs + input]! * value));
      return sum * (factor?.[output] ?? 1);
    },
  };
}

/** An expert's change of a {@link FoldedConvolution}: that of the kernel is B A, that of the bias is B times `bias`. */
interface FoldedFactors {
  readonly rank: number;
  /** A, [rank, inputs]. */
  readonly a: Float32Array;
  /** [rank]. */
  readonly bias: Float32Array;
  /** B transposed, [rank, outputs], the expert's own scale included. */
  readonly b: Float32Array;
}

/**
 * Folds an expert's factors as the weights that they change are folded: then the product of the folded factors is the change
 * of the folded weights.
 *
 * @returns undefined if the expert does not change this convolution
 */
export function foldFactors(
  expert: Expert,
  { path, norm, scale }: FoldedConvolution,
  read: ReadParameter,
): FoldedFactors | undefined {
  const factors = expert.factors.get(path);
  if (factors === undefined) return undefined;
  const { rank = expert.rank } = factors;
  const strength = expert.scaleOf(factors);
  const [a, b] = [factors.a.toFloat32(), factors.b.toFloat32()];
  const gain = norm === undefined ? undefined : read(`${norm}.weight`);
  const offset = norm === undefined ? undefined : read(`${norm}.bias`);
  const factor = scale === undefined ? undefined : read(scale);
  const [inputs, outputs] = [a.length / rank, b.length / rank];
  const folded = {
    rank,
    a: new Float32Array(a.length),
    bias: new Float32Array(rank),
    b: new Float32Array(b.length),
  };
  for (let r = 0; r < rank; r++) {
    let bias = 0;
    for (let input = 0; input < inputs; input++) {
      const value = a[r * inputs + input]!;
      folded.a[r * inputs + input] = value * (gain?.[input] ?? 1);
      bias += value * (offset?.[input] ?? 0);
    }
    folded.bias[r] = bias;
    for (let output = 0; output < outputs; output++) {
      folded.b[r * outputs + output] = b[output * rank + r]! * strength * (factor?.[output] ?? 1);
    }
  }
  return folded;
}
