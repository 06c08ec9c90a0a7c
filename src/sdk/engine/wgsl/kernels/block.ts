import { mixVectors } from "../weight-layout.js";
import { makeKernel, read, size, write, type Kernel, type KernelOptions } from "./kernel.js";
import { threads } from "./tile.js";

/** Rows that one invocation of {@link mixKernel} computes, so that it loads each row above and below only once. */
export const stripRows = 4;

/** Invocations of {@link attentionKernel}'s only workgroup. */
const attentionThreads = 256;

/**
 * The depthwise 3x3 convolution, zero-padded, and its gate; for channel attention that is not given, each workgroup's
 * sums too, `partials[C / 4][workgroups]`. An invocation goes down a column of
 * {@link stripRows} pixels of four channels.
 */
export function mixKernel(options: KernelOptions & { readonly sums: boolean }): Kernel {
  const { sums } = options;
  const half = (name: string, plane: string, first: number): string => {
    const load = (place: string, condition: string): string =>
      `vec4f(select(Vector(), expanded[base${name} + ${place}], ${condition}))`;
    const row = (tap: number, sum: string): string =>
      `fma(right${name}, w${first + tap * 3 + 2}, fma(middle${name}, w${first + tap * 3 + 1}, fma(left${name}, w${first + tap * 3}, ${sum})))`;
    return `let base${name} = ${plane} * size.pixels + at;
    let left${name} = ${load("0u - min(x, 1u)", "isRow && x > 0u")};
    let middle${name} = ${load("0u", "isRow")};
    let right${name} = ${load("1u", "isRow && x + 1u < size.width")};
    let ${name.toLowerCase()} = ${row(2, `upper${name}`)};
    upper${name} = ${row(1, `lower${name}`)};
    lower${name} = ${row(0, name === "A" ? "w18" : "w19")};`;
  };
  const body = `
var<workgroup> taps: array<vec4f, ${mixVectors}>;
${sums ? `var<workgroup> sums: array<vec4f, ${threads}>;` : ""}
@compute @workgroup_size(${threads})
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) workgroup: vec3u) {
  let group = workgroup.y;
  for (var tap = local; tap < ${mixVectors}u; tap += size.threads) { taps[tap] = vec4f(weights[group * ${mixVectors}u + tap]); }
  workgroupBarrier();
  ${Array.from({ length: mixVectors }, (_, index) => `let w${index} = taps[${index}];`).join("\n  ")}
  let index = workgroup.x * ${threads}u + local;
  let isInside = index < size.strips;
  let strip = min(index, size.strips - 1u);
  let x = strip % size.width;
  let rows = (size.height + ${stripRows - 1}u) / ${stripRows}u;
  let top = strip / size.width % rows * ${stripRows}u;
  let start = strip / size.width / rows * size.width * size.height;
  // Of each half, the sums of the two rows that still lack rows below them.
  var upperA = vec4f(); var lowerA = vec4f();
  var upperB = vec4f(); var lowerB = vec4f();
  ${sums ? "var sum = vec4f();" : ""}
  for (var r = 0u; r < size.rows; r++) {
    // Above the first row wraps around to a number that no image is as high as.
    let y = top + r - 1u;
    let isRow = y < size.height;
    let at = start + min(y, size.height - 1u) * size.width + x;
    ${half("A", "group", 0)}
    ${half("B", "(group + size.outputs)", 9)}
    let gatedValue = a * b;
    if (isInside && r > 1u && y - 1u < size.height) {
      gated[group * size.pixels + start + (y - 1u) * size.width + x] = Vector(gatedValue);
      ${sums ? "sum += gatedValue;" : ""}
    }
  }
  ${
    sums
      ? `sums[local] = sum;
  for (var span = ${threads / 2}u; span > 0u; span /= 2u) {
    workgroupBarrier();
    if (local < span) { sums[local] += sums[local + span]; }
  }
  if (local == 0u) { partials[group * size.groups + workgroup.x] = sums[0]; }`
      : ""
  }
}`;
  return makeKernel(
    `mix${sums ? " sums" : ""}`,
    options,
    [
      size,
      read("expanded"),
      write("gated"),
      ...(sums ? [write("partials", "array<vec4f>")] : []),
      read("weights"),
    ],
    body,
  );
}

/** Channel attention from the sums that {@link mixKernel} left: `attention = W mean + b`, by one workgroup. */
export function attentionKernel(options: KernelOptions): Kernel {
  const body = `
var<workgroup> sums: array<vec4f, ${attentionThreads}>;
var<workgroup> means: array<Vector, ${threads}>;
@compute @workgroup_size(${attentionThreads})
fn main(@builtin(local_invocation_index) local: u32) {
  let share = ${attentionThreads}u / size.outputs;
  let summed = min(local / share, size.outputs - 1u);
  var sum = vec4f();
  for (var k = local % share; k < size.groups; k += share) { sum += partials[summed * size.groups + k]; }
  sums[local] = sum;
  workgroupBarrier();
  let group = min(local, size.outputs - 1u);
  var total = vec4f();
  for (var k = 0u; k < share; k++) { total += sums[group * share + k]; }
  if (local < size.outputs) { means[local] = Vector(total / f32(size.pixels)); }
  workgroupBarrier();
  var product = vec4f(weights[4u * size.outputs * size.outputs + group]);
  for (var q = 0u; q < size.outputs; q++) {
    let at = q * 4u * size.outputs + group;
    product = multiply(product, weights[at], weights[at + size.outputs], weights[at + 2u * size.outputs], weights[at + 3u * size.outputs], means[q]);
  }
  if (local < size.outputs) { attention[group] = product; }
}`;
  return makeKernel(
    "attention",
    options,
    [size, read("partials", "array<vec4f>"), read("weights"), write("attention", "array<vec4f>")],
    body,
  );
}
