import { depthwiseColumn, list, mostRows } from "./depthwise.js";
import { makeKernel, read, size, vectors, write, type Kernel, type KernelOptions } from "./kernel.js";

/** Invocations of a workgroup of the kernels that work on no tile. */
export const threads = 64;

/**
 * Invocations of a workgroup that works on a tile. If blocks are computed whole, as many as a tile with its border has
 * pixels at most. They share 200 bytes of memory each: 16 kB, which every device has, or 32 kB, which nearly every one has.
 *
 * @param wholeBlocks - whether there are tiles with a border
 */
export function tileThreads(
  limits: Pick<GPUSupportedLimits, "maxComputeWorkgroupStorageSize" | "maxComputeInvocationsPerWorkgroup">,
  wholeBlocks: boolean,
): number {
  if (!wholeBlocks) return threads;
  const isLarge =
    limits.maxComputeWorkgroupStorageSize >= 32_768 && limits.maxComputeInvocationsPerWorkgroup >= 160;
  return isLarge ? 160 : 80;
}

/** Vectors of four in each shared array for each invocation. */
const vectorsPerThread = 6;

/** Pixels of which an invocation sums up a convolution's outputs at once, in registers. */
const pixelsPerTask = 8;

/** The most channels: an invocation for each four of them. */
export const maximumChannels = threads * 4;

/**
 * Pixels of a workgroup, a power of two, for features of some channels: as many as fit into the shared array. What
 * concerns single pixels is done by as many invocations each as there are. In a convolution an invocation computes four
 * outputs of eight pixels: each weight that it loads is used for all of them, and neighbours load neighbouring weights.
 */
export function lanesOf(channels: number, { threads }: KernelOptions): number {
  const fitting = (vectorsPerThread * 4 * threads) / channels;
  return Math.max(pixelsPerTask, 2 ** Math.floor(Math.log2(Math.min(threads, fitting))));
}

/** Vectors of four that the shared arrays hold, for a network with some channels at its widest. */
export function tileVectors(widest: number, threads: number): number {
  return Math.max(threads * vectorsPerThread, (widest / 4) * pixelsPerTask);
}

/** Rows of the tile of a whole block, without its border. */
export const patchRows = mostRows;

/**
 * Columns of the tile in which a workgroup computes a whole block, without its border of one pixel; undefined where the
 * shared arrays hold no tile whose border is small enough to be worth computing twice, or if that is never worth it.
 */
export function patchColumns(channels: number, { threads, wholeBlocks }: KernelOptions): number | undefined {
  if (!wholeBlocks) return undefined;
  return [14, 6].find((columns) => {
    const lanes = (columns + 2) * (patchRows + 2);
    return lanes <= threads && (channels / 4) * lanes <= threads * vectorsPerThread;
  });
}

/** What fills the tile before the first step, and where the inputs of convolutions that change the resolution lie. */
export const starts = {
  /** The 3x3 convolution from the image. */
  intro: 0,
  /** Nothing; the inputs are those of the 2x2 convolution of stride 2. */
  down: 1,
  /** The skip, in the features that are overwritten; the inputs are those of one place of the pixel shuffle's square. */
  up: 2,
  /** Features, in another buffer than the one that is written, since neighbours read them too. */
  block: 3,
  /** The features that are overwritten; the first convolution's inputs are gated features times channel attention. */
  tail: 4,
} as const;

/** What one step does, in this order; bits of `Step.action`. */
export const actions = {
  /** Loads the next part of a convolution's inputs. */
  load: 1,
  /** Adds to the tile `normalize(x) * scale + offset`: the modulator. */
  modulate: 2,
  /** Writes the tile to `features`. */
  keep: 4,
  /** Normalises the tile into the convolution's inputs. */
  normalize: 8,
  /** Convolves, and adds the sums to the tile. */
  add: 16,
  /** Convolves, and holds the sums: the first half of a gate or of a mix. */
  hold: 32,
  /** Convolves, and makes the product with the held sums the next convolution's inputs. */
  gate: 64,
  /** Convolves, and writes the sums to `expanded`, as its next half. */
  expand: 128,
  /**
   * Convolves, convolves the held sums and these depthwise, and makes their product, times channel attention, the next
   * convolution's inputs. The tile loses its border.
   */
  mix: 256,
} as const;

/** One step of a kernel; all places in vectors of four among the kernel's weights. */
export interface Step {
  /** What it does: bits of {@link actions}. */
  readonly action: number;
  /** Where its convolution's kernel starts, `[in][out / 4]`. */
  readonly weights?: number;
  /** How far apart two inputs lie. */
  readonly stride?: number;
  /** Where the bias starts; none if left out. */
  readonly bias?: number;
}

/** Stands for a bias that is not there. */
export const noBias = 0xffffffff;

/** Runs statements for every group `q` of the tile's channels, shared among the pixel's invocations. */
function forGroups(statements: string): string {
  return `for (var q = first; q < size.outputs; q += splits) {
    let at = q * lanes + lane;
    ${statements}
  }`;
}

/** What fills the tile: {@link starts}. */
const start = `
    if (size.start == ${starts.intro}u) {
      let column = pixel % size.width;
      let row = pixel / size.width % size.height;
      let picture = pixel / (size.width * size.height);
      ${forGroups("tile[at] = vec4f(weights[9u * size.colors * size.outputs + q]);")}
      for (var tap = 0u; tap < size.taps; tap++) {
        // Below zero wraps around to a number that no image is as large as.
        let y = row + tap / 3u - 1u;
        let x = column + tap % 3u - 1u;
        let isPixel = y < size.imageHeight && x < size.imageWidth;
        let origin = select(0u, ((picture * size.imageHeight + y) * size.imageWidth + x) * size.colors, isPixel);
        for (var color = 0u; color < size.colors; color++) {
          let value = vec4f(select(0, image[origin + color], isPixel));
          let start = (tap * size.colors + color) * size.outputs;
          ${forGroups("tile[at] += vec4f(weights[start + q]) * value;")}
        }
      }
    } else {
      ${forGroups(`var value = vec4f();
      if (size.start == ${starts.block}u || size.start == ${starts.tail}u) { value = vec4f(source[q * size.plane + pixel]); }
      if (size.start == ${starts.tail}u) { inner[at] = Vector(value * attention[q]); }
      if (size.start == ${starts.up}u || size.start == ${starts.tail}u) { value = vec4f(features[q * size.plane + written]); }
      tile[at] = value;`)}
    }`;

/** Group `part` of the inputs of a convolution that changes the resolution. */
const load = `let part = index * size.outputs + q;
      var origin = part * size.pixels + pixel;
      if (size.start == ${starts.down}u) {
        let inputs = size.outputs / 2u;
        let tap = part / inputs;
        // Lines of all images follow each other, and each has twice as many pixels and lines at the level above.
        let corner = pixel / size.width * 4u * size.width + pixel % size.width * 2u;
        origin = part % inputs * (4u * size.pixels) + corner + tap % 2u + tap / 2u * (2u * size.width);
      }
      inner[at] = source[origin];`;

/**
 * Everything but what concerns other pixels than a workgroup's own, in one kernel: takes them from one of
 * {@link starts} through a chain of 1x1 convolutions and normalisations, as the dispatch's steps say. The features lie in
 * the array `tile`, in single precision, the inputs of the next convolution in the array `inner`; both are
 * `[C / 4][lanes]`. The chain is one loop with one convolution in it, whatever the network: a shader of one network's own
 * convolutions, spelled out, takes Mesa's compiler minutes.
 *
 * Moments are taken about the first channel's value, which loses no digits to a large mean.
 *
 * Weights of `intro` are `[9 taps][colours][out]`, then the bias; of `down` `[4 taps][in][out]`, then the bias; of `up`
 * `[4 places][in][out]`, a workgroup for each place of each pixel's square.
 */
export function tileKernel(options: KernelOptions): Kernel {
  const { threads: tileThreads, tileVectors: length } = options;
  const each = (emit: (pixel: number) => string): string => list(pixelsPerTask, emit);
  const normalized = "(tile[at] - mean) * scale";
  const body = `
var<workgroup> tile: array<vec4f, ${length}>;
var<workgroup> inner: array<Vector, ${length}>;
var<workgroup> moments: array<vec2f, ${tileThreads}>;
// The pixel of a lane, the nearest one if it lies outside, and whether it lies inside.
fn locate(workgroup: vec3u, lane: u32, border: u32) -> vec2u {
  let stride = size.columns + 2u * border;
  // Before the first column or row wraps around to a number that no image is as large as.
  let x = workgroup.x * size.columns + lane % stride - border;
  let y = workgroup.y * size.lines + lane / stride - border;
  return vec2u(min(y, size.down - 1u) * size.across + min(x, size.across - 1u), u32(x < size.across && y < size.down));
}
@compute @workgroup_size(${tileThreads})
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) workgroup: vec3u) {
  var lanes = size.lanes;
  var border = size.border;
  var expandedHalf = 0u;
  ${each((k) => `var held${k} = vec4f();`)}
  for (var index = 0u; index < size.steps; index++) {
    let step = size.program[index];
    let action = step.x;
    let lane = local % lanes;
    let split = local / lanes;
    let splits = ${tileThreads}u / lanes;
    // Invocations that are left over do nothing.
    let first = select(size.outputs, split, split < splits);
    let place = locate(workgroup, lane, border);
    let pixel = place.x;
    let isInside = place.y != 0u;
    var written = pixel;
    if (size.start == ${starts.up}u) {
      written = pixel / size.width * (4u * size.width) + workgroup.y / 2u * (2u * size.width) + pixel % size.width * 2u + workgroup.y % 2u;
    }
    let output = local % size.outputs;
    let firstPixel = min(local / size.outputs * ${pixelsPerTask}u, lanes - ${pixelsPerTask}u);
    let task = output * lanes + firstPixel;
    let isTask = local * ${pixelsPerTask}u < size.outputs * lanes;
    if (index == 0u) { ${start} }
    workgroupBarrier();
    if ((action & ${actions.load}u) != 0u) {
      ${forGroups(load)}
    }
    if ((action & ${actions.modulate | actions.normalize}u) != 0u) {
      let pivot = tile[lane].x;
      var sum = vec4f();
      var squares = vec4f();
      ${forGroups("let d = tile[at] - pivot; sum += d; squares = fma(d, d, squares);")}
      moments[local] = vec2f(dot(sum, vec4f(1)), dot(squares, vec4f(1)));
      workgroupBarrier();
      var total = vec2f();
      for (var j = 0u; j < splits; j++) { total += moments[j * lanes + lane]; }
      total /= f32(size.outputs * 4u);
      let mean = pivot + total.x;
      let scale = inverseSqrt(max(total.y - total.x * total.x, 0) + 1e-6);
      if ((action & ${actions.modulate}u) != 0u) {
        ${forGroups(`tile[at] += fma(${normalized}, modulation[q], modulation[q + size.outputs]);`)}
      } else {
        ${forGroups(`inner[at] = Vector(${normalized});`)}
      }
    }
    if ((action & ${actions.keep}u) != 0u && isInside) {
      ${forGroups(`features[q * size.plane + written] = Vector(tile[at]);`)}
    }
    if ((action & ${actions.add | actions.hold | actions.gate | actions.expand | actions.mix}u) != 0u) {
      workgroupBarrier();
      var bias = vec4f();
      if (step.w != ${noBias}u) { bias = vec4f(weights[step.w + output]); }
      ${each((k) => `var s${k} = bias;`)}
      var at = step.y + output + select(0u, workgroup.y * size.square, (action & ${actions.load}u) != 0u);
      for (var q = 0u; q < size.outputs; q++) {
        let a = weights[at];
        let b = weights[at + step.z];
        let c = weights[at + 2u * step.z];
        let d = weights[at + 3u * step.z];
        at += 4u * step.z;
        let origin = q * lanes + firstPixel;
        ${each((k) => `s${k} = multiply(s${k}, a, b, c, d, inner[origin + ${k}u]);`)}
      }
      workgroupBarrier();
      if ((action & ${actions.mix}u) != 0u) { ${mix} }
      if ((action & ${actions.hold}u) != 0u) {
        ${each((k) => `held${k} = s${k};`)}
      }
      if (isTask) {
        if ((action & ${actions.gate}u) != 0u) {
          ${each((k) => `inner[task + ${k}u] = Vector(held${k} * s${k});`)}
        }
        if ((action & ${actions.add | actions.expand}u) != 0u) {
          let isAdded = (action & ${actions.add}u) != 0u;
          ${each((k) => `tile[task + ${k}u] = s${k} + select(vec4f(), tile[task + ${k}u], isAdded);`)}
        }
      }
      if ((action & ${actions.expand}u) != 0u) {
        workgroupBarrier();
        if (isInside) {
          ${forGroups(`expanded[(q + expandedHalf * size.outputs) * size.plane + written] = Vector(tile[at]);`)}
        }
        expandedHalf++;
      }
    }
  }
}`;
  return makeKernel(
    "tile",
    options,
    [
      size,
      read("image", "array<f32>"),
      read("source"),
      write("features"),
      write("expanded"),
      read("weights"),
      vectors("modulation", 2 * threads),
      vectors("attention", threads),
    ],
    body,
  );
}

/**
 * The action `mix`. Each half of the sums goes into the array `inner` in turn, zero outside the image; an invocation goes
 * down a column of four channels, so that it loads each number and each weight once.
 */
const mix = `
      if (split == 0u) { moments[lane].x = f32(place.y); }
      let column = local % size.columns;
      let group = min(local / size.columns, size.outputs - 1u);
      let stride = size.columns + 2u;
      let corner = group * lanes + column;
      var products: array<vec4f, ${mostRows}>;
      var kept: array<vec4f, ${mostRows}>;
      for (var r = 0u; r < size.lines; r++) {
        products[r] = attention[group];
        kept[r] = tile[corner + (r + 1u) * stride + 1u];
      }
      workgroupBarrier();
      ${list(2, mixHalf)}
      border = 0u;
      lanes = size.columns * size.lines;
      if (local < size.outputs * size.columns) {
        for (var r = 0u; r < size.lines; r++) {
          let at = group * lanes + r * size.columns + column;
          tile[at] = kept[r];
          inner[at] = Vector(products[r]);
        }
      }`;

function mixHalf(half: number): string {
  const sums = half === 0 ? "held" : "s";
  return `if (isTask) {
        ${list(pixelsPerTask, (k) => `inner[task + ${k}u] = Vector(${sums}${k} * moments[firstPixel + ${k}u].x);`)}
      }
      workgroupBarrier();
      ${depthwiseColumn(half, "size.mix", (x) => `inner[corner + r * stride + ${x}u]`)}
      workgroupBarrier();`;
}
