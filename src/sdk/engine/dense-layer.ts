/**
 * A linear layer of a few numbers, computed on the processor at once.
 *
 * @param weight - [outputs, inputs], row-major
 * @param bias - [outputs]
 * @param input - [inputs]
 * @returns [outputs]
 */
export function denseLayer(
  weight: Float32Array,
  bias: Float32Array,
  input: ArrayLike<number>,
): Float64Array<ArrayBuffer> {
  const inputs = input.length;
  return Float64Array.from(bias, (offset, output) => {
    let sum = offset;
    for (let index = 0; index < inputs; index++) sum += weight[output * inputs + index]! * input[index]!;
    return sum;
  });
}

/** `x / 2 * (1 + erf(x / sqrt(2)))`, erf to 1.5e-7 (Abramowitz and Stegun 7.1.26), as in tfjs. */
export function geluOf(x: number): number {
  const z = Math.abs(x) * Math.SQRT1_2;
  const t = 1 / (1 + 0.3275911 * z);
  const series =
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  const erf = Math.sign(x) * (1 - series * Math.exp(-z * z));
  return 0.5 * x * (1 + erf);
}
