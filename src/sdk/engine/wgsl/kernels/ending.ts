import { makeKernel, read, size, write, type Kernel, type KernelOptions } from "./kernel.js";
import { threads } from "./tile.js";

/**
 * `ending`: the 3x3 convolution to the image's channels, zero-padded, plus the image, cropped to its size. An invocation
 * computes three channels; a second dimension has those of a square's other pixels.
 */
export function endingKernel(options: KernelOptions): Kernel {
  const body = `
@compute @workgroup_size(${threads})
fn main(@builtin(global_invocation_id) invocation: vec3u) {
  let pixels = size.imageWidth * size.imageHeight;
  let pixel = min(invocation.x, pixels - 1u);
  let column = pixel % size.imageWidth;
  let row = pixel / size.imageWidth;
  let first = invocation.y * 3u;
  let origins = pixel * size.colors + first;
  let biases = 9u * size.outputs * size.colors;
  var sum = vec3f(image[origins], image[origins + 1u], image[origins + 2u]);
  for (var k = 0u; k < 3u; k++) { sum[k] += f32(weights[biases + (first + k) / 4u][(first + k) % 4u]); }
  for (var tap = 0u; tap < size.taps; tap++) {
    // Below zero wraps around to a number that no image is as large as.
    let y = row + tap / 3u - 1u;
    let x = column + tap % 3u - 1u;
    let isPixel = y < size.height && x < size.width;
    var origin = select(0u, y * size.width + x, isPixel);
    var at = tap * size.outputs * size.colors + first;
    for (var q = 0u; q < size.outputs; q++) {
      let v = select(vec4f(), vec4f(features[origin]), isPixel);
      sum += vec3f(dot(vec4f(weights[at]), v), dot(vec4f(weights[at + 1u]), v), dot(vec4f(weights[at + 2u]), v));
      origin += size.pixels;
      at += size.colors;
    }
  }
  if (invocation.x < pixels) {
    result[origins] = sum.x;
    result[origins + 1u] = sum.y;
    result[origins + 2u] = sum.z;
  }
}`;
  return makeKernel(
    "ending",
    options,
    [size, read("features"), read("image", "array<f32>"), read("weights"), write("result", "array<f32>")],
    body,
  );
}
