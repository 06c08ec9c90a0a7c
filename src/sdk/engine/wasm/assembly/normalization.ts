import { multiplyAdd, sumLanes } from "./arithmetic";

/** NAFNet's LayerNorm2d. */
const EPSILON: f32 = 1e-6;

/**
 * Gives each pixel's vector of channels zero mean and unit variance.
 *
 * @param input - [pixels, channels]
 * @param pixels - how many
 * @param channels - a multiple of four
 * @param output - as the input
 */
export function normalize(input: usize, pixels: usize, channels: usize, output: usize): void {
  const size = channels << 2;
  for (; pixels >= 4; pixels -= 4) {
    const second = input + size;
    const third = second + size;
    const fourth = third + size;
    const means = meansOf(input, second, third, fourth, size);
    const scales = scalesOf(input, second, third, fourth, size, means);
    apply(input, size, splat(means, 0), splat(scales, 0), output);
    apply(second, size, splat(means, 1), splat(scales, 1), output + size);
    apply(third, size, splat(means, 2), splat(scales, 2), output + 2 * size);
    apply(fourth, size, splat(means, 3), splat(scales, 3), output + 3 * size);
    input = fourth + size;
    output += 4 * size;
  }
  for (; pixels > 0; pixels--) {
    const means = meansOf(input, input, input, input, size);
    const scales = scalesOf(input, input, input, input, size, means);
    apply(input, size, means, scales, output);
    input += size;
    output += size;
  }
}

/**
 * LoRA-IR's modulator, in place: to each pixel's channels their normalised values are added, scaled and shifted.
 *
 * @param features - [pixels, channels]
 * @param pixels - how many
 * @param channels - a multiple of four
 * @param scale - one number for each channel
 * @param offset - one number for each channel
 */
export function modulate(features: usize, pixels: usize, channels: usize, scale: usize, offset: usize): void {
  const size = channels << 2;
  for (; pixels >= 4; pixels -= 4) {
    const second = features + size;
    const third = second + size;
    const fourth = third + size;
    const means = meansOf(features, second, third, fourth, size);
    const scales = scalesOf(features, second, third, fourth, size, means);
    add(features, size, splat(means, 0), splat(scales, 0), scale, offset);
    add(second, size, splat(means, 1), splat(scales, 1), scale, offset);
    add(third, size, splat(means, 2), splat(scales, 2), scale, offset);
    add(fourth, size, splat(means, 3), splat(scales, 3), scale, offset);
    features = fourth + size;
  }
  for (; pixels > 0; pixels--) {
    const means = meansOf(features, features, features, features, size);
    const scales = scalesOf(features, features, features, features, size, means);
    add(features, size, means, scales, scale, offset);
    features += size;
  }
}

/** The means of four pixels, one in each lane. */
function meansOf(first: usize, second: usize, third: usize, fourth: usize, size: usize): v128 {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (let at: usize = 0; at < size; at += 16) {
    a = f32x4.add(a, v128.load(first + at));
    b = f32x4.add(b, v128.load(second + at));
    c = f32x4.add(c, v128.load(third + at));
    d = f32x4.add(d, v128.load(fourth + at));
  }
  return f32x4.mul(sumLanes(a, b, c, d), f32x4.splat(4 / <f32>size));
}

/** One over the deviations of four pixels, one in each lane. */
function scalesOf(first: usize, second: usize, third: usize, fourth: usize, size: usize, means: v128): v128 {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  const firstMean = splat(means, 0);
  const secondMean = splat(means, 1);
  const thirdMean = splat(means, 2);
  const fourthMean = splat(means, 3);
  for (let at: usize = 0; at < size; at += 16) {
    let x = f32x4.sub(v128.load(first + at), firstMean);
    a = multiplyAdd(x, x, a);
    x = f32x4.sub(v128.load(second + at), secondMean);
    b = multiplyAdd(x, x, b);
    x = f32x4.sub(v128.load(third + at), thirdMean);
    c = multiplyAdd(x, x, c);
    x = f32x4.sub(v128.load(fourth + at), fourthMean);
    d = multiplyAdd(x, x, d);
  }
  const variances = f32x4.mul(sumLanes(a, b, c, d), f32x4.splat(4 / <f32>size));
  return f32x4.div(f32x4.splat(1), f32x4.sqrt(f32x4.add(variances, f32x4.splat(EPSILON))));
}

function apply(input: usize, size: usize, mean: v128, scale: v128, output: usize): void {
  for (let at: usize = 0; at < size; at += 16) {
    v128.store(output + at, f32x4.mul(f32x4.sub(v128.load(input + at), mean), scale));
  }
}

function add(features: usize, size: usize, mean: v128, scale: v128, gain: usize, offset: usize): void {
  for (let at: usize = 0; at < size; at += 16) {
    const x = v128.load(features + at);
    const normalized = f32x4.mul(f32x4.sub(x, mean), scale);
    const change = multiplyAdd(normalized, v128.load(gain + at), v128.load(offset + at));
    v128.store(features + at, f32x4.add(x, change));
  }
}

/** One lane in all lanes. */
function splat(vector: v128, lane: i32): v128 {
  if (lane === 0) return v128.shuffle<f32>(vector, vector, 0, 0, 0, 0);
  if (lane === 1) return v128.shuffle<f32>(vector, vector, 1, 1, 1, 1);
  if (lane === 2) return v128.shuffle<f32>(vector, vector, 2, 2, 2, 2);
  return v128.shuffle<f32>(vector, vector, 3, 3, 3, 3);
}
