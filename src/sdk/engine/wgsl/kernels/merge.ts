import { makeKernel, read, write, type Kernel, type KernelOptions } from "./kernel.js";
import { threads } from "./tile.js";

/** u32 that describe one convolution to {@link mergeKernel}: start, kernel's vectors, all vectors, input channels. */
const segmentWords = 4;

/** u32 that describe one expert: its weight as a float's bits. */
const expertWords = 1;

/** u32 that describe one expert's factors of one convolution: where A and B start, in floats, and their rank. */
const factorWords = 3;

/** Workgroups along x: the most that every device allows. */
export const mergeRow = 65_535;

/**
 * `W' = W + sum_i p_i * B_i A_i` over all weights of the network in one dispatch, in single precision, stored in the
 * arena's precision. A bias that experts change through the normalisation folded into it is one more column of A.
 *
 * `tasks` holds the number of experts, the number of segments, then the experts, the segments, the factors of each
 * expert by segment, and for each workgroup its segment and its first vector therein.
 */
export function mergeKernel(options: KernelOptions): Kernel {
  const body = `
@compute @workgroup_size(${threads})
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) workgroup: vec3u) {
  let experts = tasks[0];
  let segments = tasks[1];
  let firstSegment = 2u + experts * ${expertWords}u;
  let firstFactors = firstSegment + segments * ${segmentWords}u;
  let task = firstFactors + experts * segments * ${factorWords}u + (workgroup.y * ${mergeRow}u + workgroup.x) * 2u;
  if (task + 1u >= arrayLength(&tasks)) { return; }
  let segment = tasks[task];
  let index = tasks[task + 1u] + local;
  let word = firstSegment + segment * ${segmentWords}u;
  if (index >= tasks[word + 2u]) { return; }
  let at = tasks[word] + index;
  let kernelVectors = tasks[word + 1u];
  let inputs = tasks[word + 3u];
  var value = base[at];
  let groups = tasks[word + 2u] - kernelVectors;
  // The bias comes after the last input.
  let row = index % groups;
  let column = index / groups;
  let outputs = groups * 4u;
  for (var e = 0u; e < experts; e++) {
    let places = firstFactors + (e * segments + segment) * ${factorWords}u;
    let a = tasks[places];
    let b = tasks[places + 1u];
    let rank = tasks[places + 2u];
    var delta = vec4f();
    for (var r = 0u; r < rank; r++) {
      let from4 = b + r * outputs + row * 4u;
      let v = vec4f(factors[from4], factors[from4 + 1u], factors[from4 + 2u], factors[from4 + 3u]);
      delta = fma(v, vec4f(factors[a + r * (inputs + 1u) + column]), delta);
    }
    value = fma(delta, vec4f(bitcast<f32>(tasks[2u + e * ${expertWords}u])), value);
  }
  merged[at] = Vector(value);
}`;
  return makeKernel(
    "merge",
    options,
    [
      read("base", "array<vec4f>"),
      read("factors", "array<f32>"),
      read("tasks", "array<u32>"),
      write("merged"),
    ],
    body,
  );
}
