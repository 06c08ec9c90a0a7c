import { depthwiseColumn, list, mostRows } from "./depthwise.js";
import { makeKernel, read, size, write, type Kernel, type KernelOptions } from "./kernel.js";
import { threads } from "./tile.js";

/** Rows that one invocation of {@link mixKernel} computes, so that it loads each row above and below only once. */
export const stripRows = 4;

/** Invocations of {@link attentionKernel}'s only workgroup. */
const attentionThreads = 256;

/**
 * The depthwise 3x3 convolution, zero-padded, and its gate, with each workgroup's sums for channel attention,
 * `partials[C / 4][workgroups]`. An invocation goes down a column of {@link stripRows} pixels of four channels.
 */
export function mixKernel(options: KernelOptions): Kernel {
  const half = (index: number): string =>
    depthwiseColumn(
      index,
      "0u",
      (column) => `load((group + ${index}u * size.outputs) * size.pixels + start, top + r, x + ${column}u)`,
    );
  const body = `
var<workgroup> sums: array<vec4f, ${threads}>;
// Both one too large; zero wraps around to a number that no image is as large as.
fn load(base: u32, row: u32, column: u32) -> Vector {
  let y = row - 1u;
  let x = column - 1u;
  let value = expanded[base + min(y, size.height - 1u) * size.width + min(x, size.width - 1u)];
  return select(Vector(), value, y < size.height && x < size.width);
}
@compute @workgroup_size(${threads})
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) workgroup: vec3u) {
  let group = workgroup.y;
  let index = workgroup.x * ${threads}u + local;
  let strip = min(index, size.strips - 1u);
  let x = strip % size.width;
  let rows = (size.height + ${stripRows - 1}u) / ${stripRows}u;
  let top = strip / size.width % rows * ${stripRows}u;
  let start = strip / size.width / rows * size.width * size.height;
  let end = select(0u, size.height, index < size.strips);
  var products: array<vec4f, ${mostRows}>;
  for (var r = 0u; r + 2u < size.rows; r++) { products[r] = vec4f(1); }
  ${list(2, half)}
  var sum = vec4f();
  for (var r = 0u; r + 2u < size.rows; r++) {
    if (top + r < end) {
      gated[group * size.pixels + start + (top + r) * size.width + x] = Vector(products[r]);
      sum += products[r];
    }
  }
  sums[local] = sum;
  for (var span = ${threads / 2}u; span > 0u; span /= 2u) {
    workgroupBarrier();
    if (local < span) { sums[local] += sums[local + span]; }
  }
  if (local == 0u) { partials[group * size.groups + workgroup.x] = sums[0]; }
}`;
  return makeKernel(
    "mix",
    options,
    [size, read("expanded"), write("gated"), write("partials", "array<vec4f>"), read("weights")],
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
