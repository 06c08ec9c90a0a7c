import { mixVectors } from "../weight-layout.js";

/** Emits statements for each index. */
export function list(count: number, emit: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => emit(index)).join("\n");
}

/** The most pixels of a column of {@link depthwiseColumn}. */
export const mostRows = 8;

/**
 * Multiplies each number of the array `products` by one half's depthwise 3x3 convolution at a pixel of a column, in four
 * channels of the variable `group`. Each input is loaded once, for the outputs of three rows. The rows are a loop, for
 * the sake of compilers: `size.rows` of inputs, two more than of outputs.
 *
 * @param half - which half of the twice as many channels
 * @param start - where the convolution's begin in `weights`
 * @param load - the input in row `r` and one of the three columns, a `Vector`
 */
export function depthwiseColumn(half: number, start: string, load: (column: number) => string): string {
  const weight = (index: number): string => `vec4f(weights[${start} + group * ${mixVectors}u + ${index}u])`;
  const add = (y: number, sum: string): string =>
    [0, 1, 2].reduce((inner, x) => `fma(v${x}, w${y * 3 + x}, ${inner})`, sum);
  return `{
${list(9, (tap) => `let w${tap} = ${weight(half * 9 + tap)};`)}
let bias = ${weight(18 + half)};
// The sums of the two rows that still lack rows below them.
var upper = vec4f();
var lower = vec4f();
for (var r = 0u; r < size.rows; r++) {
${list(3, (x) => `let v${x} = vec4f(${load(x)});`)}
let value = ${add(2, "upper")};
upper = ${add(1, "lower")};
lower = ${add(0, "bias")};
if (r > 1u) { products[r - 2u] *= value; }
}
}`;
}
