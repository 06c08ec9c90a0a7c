import { makeKernel, read, size, write, type Kernel, type KernelOptions } from "./kernel.js";
import { threads } from "./tile.js";

/** `ending`: the 3x3 convolution to the image's three channels, zero-padded, plus the image, cropped to its size. */
export function endingKernel(options: KernelOptions): Kernel {
  const body = `
@compute @workgroup_size(${threads})
fn main(@builtin(global_invocation_id) invocation: vec3u) {
  let pixels = size.imageWidth * size.imageHeight;
  let pixel = min(invocation.x, pixels - 1u);
  let column = pixel % size.imageWidth;
  let row = pixel / size.imageWidth;
  var sum = vec3f(weights[27u * size.outputs].xyz) + vec3f(image[pixel * 3u], image[pixel * 3u + 1u], image[pixel * 3u + 2u]);
  for (var tap = 0u; tap < size.taps; tap++) {
    // Below zero wraps around to a number that no image is as large as.
    let y = row + tap / 3u - 1u;
    let x = column + tap % 3u - 1u;
    let isPixel = y < size.height && x < size.width;
    var origin = select(0u, y * size.width + x, isPixel);
    var at = tap * 3u * size.outputs;
    for (var q = 0u; q < size.outputs; q++) {
      let v = select(vec4f(), vec4f(features[origin]), isPixel);
      sum += vec3f(dot(vec4f(weights[at]), v), dot(vec4f(weights[at + 1u]), v), dot(vec4f(weights[at + 2u]), v));
      origin += size.pixels;
      at += 3u;
    }
  }
  if (invocation.x < pixels) {
    result[pixel * 3u] = sum.x;
    result[pixel * 3u + 1u] = sum.y;
    result[pixel * 3u + 2u] = sum.z;
  }
}`;
  return makeKernel(
    "ending",
    options,
    [size, read("features"), read("image", "array<f32>"), read("weights"), write("result", "array<f32>")],
    body,
  );
}
