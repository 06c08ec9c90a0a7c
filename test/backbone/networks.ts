import * as tf from "@tensorflow/tfjs-core";
import {
  deviceShape,
  listBackboneParameters,
  toDeviceLayout,
  type BackboneConfig,
  type WeightLookup,
} from "../../src/sdk/backbone/index.js";
import { HostTensor, type TensorFile } from "../../src/sdk/weights/index.js";

/** The network that ships, but smaller. */
export const compactConfig: BackboneConfig = {
  imageChannels: 3,
  width: 4,
  encoderBlocks: [1, 2],
  middleBlocks: 1,
  decoderBlocks: [1, 1],
  embeddingSize: 5,
  modulator: {
    hiddenSize: 6,
    bottleneckDivisor: 16,
    minimumBottleneck: 4,
    decoder: true,
    shift: true,
  },
  expertTargets: "pointwise",
};

/** Pixels in squares, three groups of channels. */
export const squareConfig: BackboneConfig = { ...compactConfig, unshuffle: 2, width: 12 };

/** Three groups of channels, three levels, stages without blocks, a decoder without modulators, no shift. */
export const unevenConfig: BackboneConfig = {
  imageChannels: 3,
  width: 12,
  encoderBlocks: [0, 1, 1],
  middleBlocks: 0,
  decoderBlocks: [1, 0, 2],
  embeddingSize: 3,
  modulator: { hiddenSize: 4, bottleneckDivisor: 16, minimumBottleneck: 1, decoder: false, shift: false },
  expertTargets: "pointwise",
};

/** 192 channels in the middle, as the network that ships has. */
export const wideConfig: BackboneConfig = { ...compactConfig, width: 48, encoderBlocks: [1, 1] };

/** The published network of the paper: width 64, blocks [1, 1, 1, 28]-1-[1, 1, 1, 1]. */
export const paperConfig: BackboneConfig = {
  imageChannels: 3,
  width: 64,
  encoderBlocks: [1, 1, 1, 28],
  middleBlocks: 1,
  decoderBlocks: [1, 1, 1, 1],
  embeddingSize: 384,
  modulator: {
    hiddenSize: 128,
    bottleneckDivisor: 16,
    minimumBottleneck: 1,
    decoder: false,
    shift: false,
  },
  expertTargets: "all",
};

/** The same numbers on every machine, evenly spread over -1..1 (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

/** Numbers in -1..1. */
export function randomArray(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, randomNumbers(seed));
}

/** Weights of a size that keeps features near 1, under the names of `listBackboneParameters`. */
export function randomWeights(config: BackboneConfig, seed = 1): TensorFile {
  const next = randomNumbers(seed);
  const tensors = new Map<string, HostTensor>();
  for (const { name, shape, kind } of listBackboneParameters(config)) {
    const fanIn = shape.slice(1).reduce((product, size) => product * size, 1);
    const scale = kind === "vector" || kind === "scale" ? 0.3 : Math.sqrt(3 / fanIn);
    const offset = /norm\d?\.weight$/.test(name) ? 1 : 0;
    const length = shape.reduce((product, size) => product * size, 1);
    const values = new Float32Array(length);
    for (let index = 0; index < length; index++) values[index] = offset + scale * next();
    tensors.set(name, HostTensor.fromFloat32(shape, values));
  }
  return { tensors, metadata: {} };
}

/** Random weights as loose tensors in the device's layout, in the order of `listBackboneParameters`. */
export function uploadParameters(config: BackboneConfig, seed = 1): tf.Tensor[] {
  const { tensors } = randomWeights(config, seed);
  return listBackboneParameters(config).map((parameter) => {
    const values = tensors.get(parameter.name)!.toFloat32();
    return tf.tensor(toDeviceLayout(parameter, values), deviceShape(parameter), "float32");
  });
}

/** A lookup of tensors that lie in the order of `listBackboneParameters`. */
export function lookUp(config: BackboneConfig, tensors: readonly tf.Tensor[]): WeightLookup {
  const positions = new Map(listBackboneParameters(config).map(({ name }, index) => [name, index]));
  return { config, get: (name) => tensors[positions.get(name)!]! };
}

/** The largest absolute difference of two tensors of one shape; both are disposed. */
export async function difference(a: tf.Tensor, b: tf.Tensor): Promise<number> {
  if (a.shape.join() !== b.shape.join()) throw new Error(`shapes ${a.shape.join()} and ${b.shape.join()}`);
  const [x, y] = [await a.data<"float32">(), await b.data<"float32">()];
  tf.dispose([a, b]);
  return x.reduce((largest, value, index) => Math.max(largest, Math.abs(value - y[index]!)), 0);
}
