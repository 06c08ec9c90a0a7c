/** Invocations of a workgroup. */
export const threads = 64;

/** Floats of features that a workgroup shares: 6 KiB, so that two such arrays fit in the 16 KiB that every device has. */
const tileFloats = 1536;

/** Pixels of which an invocation sums up a convolution's outputs at once, in registers. */
const pixelsPerTask = 8;

/** The most channels: an invocation for each four of them. */
export const maximumChannels = threads * 4;

/**
 * Pixels of a workgroup, a power of two, for features of some channels: as many as fit into the shared array. What
 * concerns single pixels is done by 64 / lanes invocations each. In a convolution an invocation computes four outputs of
 * eight pixels: each weight that it loads is used for all of them, and neighbours load neighbouring weights.
 */
export function lanesOf(channels: number): number {
  return Math.max(pixelsPerTask, Math.min(threads, 2 ** Math.floor(Math.log2(tileFloats / channels))));
}

/** Vectors of four that the shared arrays hold, for a network with some channels at its widest. */
export function tileVectors(widest: number): number {
  return Math.max(tileFloats / 4, (widest / 4) * pixelsPerTask);
}

/** What one step of a kernel does, in this order; bits of `Step.action`. */
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
  /** Convolves, and holds the sums: the first half of a gate. */
  hold: 32,
  /** Convolves, and makes the product with the held sums the next convolution's inputs. */
  gate: 64,
  /** Convolves, and writes the sums to `expanded`, as its next half. */
  expand: 128,
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

/** The most steps of a kernel. */
export const maximumSteps = 7;

/** Stands for a bias that is not there. */
export const noBias = 0xffffffff;

/** The invocation's part, from its `local` index. */
export const invocation = `let lane = local % size.lanes;
  let split = local / size.lanes;
  let splits = ${threads}u / size.lanes;
  let blocks = size.lanes / ${pixelsPerTask}u;
  let output = local % size.outputs;
  let firstPixel = min(local / size.outputs, blocks - 1u) * ${pixelsPerTask}u;
  let task = output * size.lanes + firstPixel;
  let isTask = local < size.outputs * blocks;`;

/** Declarations at module scope. */
export function tileGlobals(vectors: number): string {
  return `var<workgroup> tile: array<vec4f, ${vectors}>;
var<workgroup> inner: array<Vector, ${vectors}>;
var<workgroup> moments: array<vec2f, ${threads}>;`;
}

/** Runs statements for every group `q` of the tile's channels, shared among the pixel's invocations. */
export function forGroups(statements: string): string {
  return `for (var q = split; q < size.outputs; q += splits) {
    let at = q * size.lanes + lane;
    ${statements}
  }`;
}

/**
 * Takes the workgroup's pixels through a chain of 1x1 convolutions and normalisations, as the dispatch's steps say. The
 * features lie in the array `tile`, in single precision, the inputs of the next convolution in the array `inner`; both
 * are `[C / 4][lanes]`. The chain is one loop with one convolution in it, whatever the network: a shader of one network's
 * own convolutions, spelled out, takes Mesa's compiler minutes.
 *
 * Moments are taken about the first channel's value, which loses no digits to a large mean.
 *
 * @param load - statements that load group `part` of a convolution's inputs into `inner[at]`
 * @param isModulated - whether there is a binding `modulation`
 */
export function runSteps(load: string | undefined, isModulated: boolean): string {
  const pixels = Array.from({ length: pixelsPerTask }, (_, index) => index);
  const each = (emit: (pixel: number) => string): string => pixels.map(emit).join("\n      ");
  const normalized = "(tile[at] - mean) * scale";
  return `var expandedHalf = 0u;
  ${each((k) => `var held${k} = vec4f();`)}
  for (var index = 0u; index < size.steps; index++) {
    let step = size.program[index];
    let action = step.x;
    workgroupBarrier();
    ${
      load === undefined
        ? ""
        : `if ((action & ${actions.load}u) != 0u) {
      ${forGroups(`let part = index * size.outputs + q;\n    ${load}`)}
    }`
    }
    if ((action & ${actions.modulate | actions.normalize}u) != 0u) {
      let pivot = tile[lane].x;
      var sum = vec4f();
      var squares = vec4f();
      ${forGroups("let d = tile[at] - pivot; sum += d; squares = fma(d, d, squares);")}
      moments[local] = vec2f(dot(sum, vec4f(1)), dot(squares, vec4f(1)));
      workgroupBarrier();
      var total = vec2f();
      for (var j = lane; j < size.threads; j += size.lanes) { total += moments[j]; }
      total /= f32(size.outputs * 4u);
      let mean = pivot + total.x;
      let scale = inverseSqrt(max(total.y - total.x * total.x, 0) + 1e-6);
      ${
        isModulated
          ? `if ((action & ${actions.modulate}u) != 0u) {
        ${forGroups(`tile[at] += fma(${normalized}, modulation[q], modulation[q + size.outputs]);`)}
      } else {
        ${forGroups(`inner[at] = Vector(${normalized});`)}
      }`
          : forGroups(`inner[at] = Vector(${normalized});`)
      }
    }
    if ((action & ${actions.keep}u) != 0u && isInside) {
      ${forGroups("features[q * plane + pixel] = Vector(tile[at]);")}
    }
    if ((action & ${actions.add | actions.hold | actions.gate | actions.expand}u) != 0u) {
      workgroupBarrier();
      var bias = vec4f();
      if (step.w != ${noBias}u) { bias = vec4f(weights[step.w + output]); }
      ${each((k) => `var s${k} = bias;`)}
      var at = step.y + output;
      for (var q = 0u; q < size.outputs; q++) {
        let a = weights[at];
        let b = weights[at + step.z];
        let c = weights[at + 2u * step.z];
        let d = weights[at + 3u * step.z];
        at += 4u * step.z;
        let origin = q * size.lanes + firstPixel;
        ${each((k) => `s${k} = multiply(s${k}, a, b, c, d, inner[origin + ${k}u]);`)}
      }
      if ((action & ${actions.hold}u) != 0u) {
        ${each((k) => `held${k} = s${k};`)}
      }
      workgroupBarrier();
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
          ${forGroups("expanded[(q + expandedHalf * size.outputs) * plane + pixel] = Vector(tile[at]);")}
        }
        expandedHalf++;
      }
    }
  }`;
}
