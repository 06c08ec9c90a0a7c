import { multiplyAdd } from "./arithmetic";

/**
 * Adds an expert to a convolution's weights: the product of its factors, which lie in the order of the weights' panels.
 *
 * @param weights - panels of eight outputs, [outputs / 8, depth, 8], biases included
 * @param depth - rows of a panel
 * @param outputs - a multiple of eight
 * @param a - [rank, depth]
 * @param b - [rank, outputs]
 * @param rank - of the factors
 * @param strength - what their product is multiplied by
 */
export function mergeExpert(
  weights: usize,
  depth: usize,
  outputs: usize,
  a: usize,
  b: usize,
  rank: usize,
  strength: f32,
): void {
  const factor = f32x4.splat(strength);
  for (let output: usize = 0; output < outputs; output += 8) {
    for (let r: usize = 0; r < rank; r++) {
      const row = b + (r * outputs + output) * 4;
      const u = f32x4.mul(v128.load(row), factor);
      const v = f32x4.mul(v128.load(row, 16), factor);
      let value = a + r * depth * 4;
      let at = weights;
      for (const end = at + depth * 32; at < end; at += 32) {
        const x = v128.load32_splat(value);
        v128.store(at, multiplyAdd(x, u, v128.load(at)));
        v128.store(at, multiplyAdd(x, v, v128.load(at, 16)), 16);
        value += 4;
      }
    }
    weights += depth * 32;
  }
}

/**
 * Multiplies the inputs of a 1x1 convolution by factors, as part of its weights.
 *
 * @param weights - panels of eight outputs, [outputs / 8, 1 + inputs, 8]
 * @param inputs - how many
 * @param outputs - a multiple of eight
 * @param factors - one for each input
 * @param result - panels as the weights
 */
export function scaleInputs(
  weights: usize,
  inputs: usize,
  outputs: usize,
  factors: usize,
  result: usize,
): void {
  for (let output: usize = 0; output < outputs; output += 8) {
    memory.copy(result, weights, 32);
    for (let input: usize = 0; input < inputs; input++) {
      weights += 32;
      result += 32;
      const factor = v128.load32_splat(factors + input * 4);
      v128.store(result, f32x4.mul(v128.load(weights), factor));
      v128.store(result, f32x4.mul(v128.load(weights, 16), factor), 16);
    }
    weights += 32;
    result += 32;
  }
}
