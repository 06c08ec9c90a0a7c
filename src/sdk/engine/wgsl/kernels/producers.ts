import {
  makeKernel,
  read,
  size,
  vectors,
  write,
  type Declaration,
  type Kernel,
  type KernelOptions,
} from "./kernel.js";
import { forGroups, invocation, runSteps, threads, tileGlobals } from "./tile.js";

/**
 * `intro`: the 3x3 convolution from the image, zero-padded, to the first stage's features. Its weights are
 * `[9 taps][colours][out]`, then the bias.
 */
export function introKernel(options: KernelOptions): Kernel {
  const start = `
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
  }`;
  return tileKernel("intro", options, { inputs: [read("image", "array<f32>")], start, isModulated: true });
}

/** `down`: the 2x2 convolution of stride 2. Its weights are `[4 taps][in][out]`, then the bias. */
export function downKernel(options: KernelOptions): Kernel {
  const start = `
  let column = pixel % size.width;
  let line = pixel / size.width;
  // Lines of all images follow each other, and each has twice as many pixels and lines at the level above.
  let corner = line * 4u * size.width + column * 2u;
  let inputs = size.outputs / 2u;
  ${forGroups("tile[at] = vec4f();")}`;
  const load = `let tap = part / inputs;
    inner[at] = finer[part % inputs * (4u * size.pixels) + corner + tap % 2u + tap / 2u * (2u * size.width)];`;
  return tileKernel("down", options, { inputs: [read("finer")], start, load, isModulated: true });
}

/**
 * `up`: the 1x1 convolution whose output a pixel shuffle spreads, added to the skip, which lies in the features that it
 * overwrites. Its weights are `[4 places][in][out]`; a workgroup computes one place of each pixel's square.
 */
export function upKernel(options: KernelOptions): Kernel {
  return tileKernel("up", options, {
    inputs: [read("coarser")],
    preamble: `let source = pixel;
  let place = workgroup.y;
  let plane = 4u * size.pixels;
  let shuffled = source / size.width * (4u * size.width) + place / 2u * (2u * size.width) + source % size.width * 2u + place % 2u;`,
    start: forGroups("tile[at] = vec4f(features[q * plane + shuffled]);"),
    load: "inner[at] = coarser[part * size.pixels + source];",
    isModulated: true,
    pixel: "shuffled",
    weightsOffset: "place * (8u * size.outputs * size.outputs)",
  });
}

/**
 * The rest of a block, pixel by pixel: the gated features scaled by channel attention, 1x1 convolution, residual,
 * normalisation, gated 1x1 convolution, 1x1 convolution, residual; and the convolution that opens the next block.
 */
export function tailKernel(options: KernelOptions): Kernel {
  return tileKernel("tail", options, {
    inputs: [read("gated"), vectors("attention", threads)],
    start: forGroups(`inner[at] = Vector(vec4f(gated[q * plane + pixel]) * attention[q]);
    tile[at] = vec4f(features[q * plane + pixel]);`),
    isModulated: false,
  });
}

interface TileKernelParts {
  /** Bindings that only this kernel has. */
  readonly inputs: readonly Declaration[];
  /** Variables that it needs from the start. */
  readonly preamble?: string;
  /** Fills the tile, and `inner` if the first step does not. */
  readonly start: string;
  /** Loads a group of inputs. */
  readonly load?: string;
  /** Whether there may be a modulator. */
  readonly isModulated: boolean;
  /** The variable that holds the pixel to be written, if it is not that of the invocation. */
  readonly pixel?: string;
  /** Added to the places of the first steps' weights. */
  readonly weightsOffset?: string;
}

function tileKernel(key: string, options: KernelOptions, parts: TileKernelParts): Kernel {
  const { inputs, preamble, start, load, isModulated, pixel, weightsOffset } = parts;
  let steps = runSteps(load, isModulated);
  if (pixel !== undefined) steps = steps.replaceAll("plane + pixel", `plane + ${pixel}`);
  if (weightsOffset !== undefined) {
    steps = steps.replace(
      "var at = step.y + output",
      `var at = step.y + output + select(0u, ${weightsOffset}, (action & 1u) != 0u)`,
    );
  }
  return makeKernel(
    key,
    options,
    [
      size,
      ...inputs,
      write("features"),
      write("expanded"),
      read("weights"),
      ...(isModulated ? [vectors("modulation", 2 * threads)] : []),
    ],
    `${tileGlobals(options.tileVectors)}
@compute @workgroup_size(${threads})
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) workgroup: vec3u) {
  ${invocation}
  let ordinal = workgroup.x * size.lanes + lane;
  let isInside = ordinal < size.pixels;
  let pixel = min(ordinal, size.pixels - 1u);
  ${preamble ?? "let plane = size.pixels;"}
  ${start}
  ${steps}
}`,
  );
}
