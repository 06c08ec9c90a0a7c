import * as tf from "@tensorflow/tfjs-core";
import { LimpidError, type Disposable } from "../base/index.js";
import type { BackboneConfig } from "./config.js";
import type { Convolution } from "./convolution.js";
import { listStages } from "./parameters.js";
import { countTensorBytes, disposeTensors, ownTensors } from "./tensor-container.js";
import type { WeightLookup } from "./weights.js";

/** A convolution that has a bias. */
export type BiasedConvolution = Required<Convolution>;

/** A gated convolution as two: the gate multiplies the first one's output by the second one's. */
export type GatedConvolution = readonly [BiasedConvolution, BiasedConvolution];

/** A NAFNet block, ready to run on normalised features. */
export interface PreparedBlock {
  /** Module path of its attention, by which statistics are recorded. */
  readonly attentionLayer: string;
  /** `conv1` with `norm1`'s weight and bias folded in. */
  readonly expand: GatedConvolution;
  /** `conv2`, depthwise 3x3. */
  readonly spatial: GatedConvolution;
  /** `sca.1`, on the pooled features. */
  readonly attention: BiasedConvolution;
  /** `conv3` with `beta` folded in. */
  readonly project: BiasedConvolution;
  /** `conv4` with `norm2`'s weight and bias folded in. */
  readonly feedForward: GatedConvolution;
  /** `conv5` with `gamma` folded in. */
  readonly feedForwardProject: BiasedConvolution;
}

/** A modulator, ready to turn the shared embedding into a scale and an offset of the normalised features. */
export interface PreparedModulator {
  /** `conv1`, embedding to hidden. */
  readonly hidden: BiasedConvolution;
  /** `conv2` to `conv4`: to the level's channels, to the bottleneck, and back. */
  readonly gate: readonly [BiasedConvolution, BiasedConvolution, BiasedConvolution];
  /** `norm.weight * beta`, [1, 1, 1, C]. */
  readonly scale: tf.Tensor4D;
  /** `norm.bias * beta`, [1, 1, 1, C]. */
  readonly offset: tf.Tensor4D;
  /** `shift`, if the config has it. */
  readonly shift?: BiasedConvolution;
}

/** A modulator, if the stage has one, and the blocks after it. */
export interface PreparedStage {
  /** Module path, such as `encoders.0`. */
  readonly path: string;
  /** How many times the resolution was halved. */
  readonly level: number;
  /** The modulator, if the stage has one. */
  readonly modulator?: PreparedModulator;
  /** The blocks, in order. */
  readonly blocks: readonly PreparedBlock[];
}

/** A level of the encoder. */
export interface PreparedEncoder {
  /** Its modulator and blocks. */
  readonly stage: PreparedStage;
  /** The 2x2 convolution of stride 2 after them. */
  readonly down: BiasedConvolution;
}

/** A level of the decoder. */
export interface PreparedDecoder {
  /** The 1x1 convolution whose output a pixel shuffle spreads, before the skip is added. */
  readonly up: Convolution;
  /** Its modulator and blocks. */
  readonly stage: PreparedStage;
}

/** All layers of a backbone, ready to run. */
export interface PreparedLayers {
  /** `intro_de.0` and `intro_de.2`. */
  readonly embedding: readonly [BiasedConvolution, BiasedConvolution];
  /** `intro`, 3x3. */
  readonly intro: BiasedConvolution;
  /** Encoder levels, full resolution first. */
  readonly encoders: readonly PreparedEncoder[];
  /** The stage at the lowest resolution. */
  readonly middle: PreparedStage;
  /** Decoder levels, lowest resolution first. */
  readonly decoders: readonly PreparedDecoder[];
  /** `ending`, 3x3. */
  readonly ending: BiasedConvolution;
}

/**
 * Weights folded into the form that runs with the fewest passes over the features: normalisation and residual scales
 * folded into their neighbouring 1x1 convolutions, gated convolutions cut in two. Exact up to float rounding. It owns
 * its tensors and does not need the weights that it was made from.
 */
export class PreparedBackbone implements Disposable {
  readonly [Symbol.dispose] = (): void => this.dispose();
  readonly config: BackboneConfig;
  readonly #layers: PreparedLayers;
  #disposed = false;

  /**
   * @param config - the network
   * @param layers - tensors that from now on belong to this object
   */
  constructor(config: BackboneConfig, layers: PreparedLayers) {
    this.config = config;
    this.#layers = layers;
  }

  /**
   * The layers. Their tensors belong to this object.
   *
   * @throws {@link LimpidError} `Disposed` after disposal
   */
  get layers(): PreparedLayers {
    if (this.#disposed) throw new LimpidError("Disposed", "the prepared backbone was used after disposal");
    return this.#layers;
  }

  /** Bytes of device memory that its tensors take. */
  get byteSize(): number {
    return this.#disposed ? 0 : countTensorBytes(this.#layers);
  }

  /** Frees the device memory. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    disposeTensors(this.#layers);
  }
}

/**
 * Prepares weights to be run many times, as for the tiles of an image. Experts are merged first.
 *
 * @param weights - the base, or the base with experts merged; may be disposed afterwards
 * @returns the prepared backbone, for the caller to dispose
 */
export function prepareBackbone(weights: WeightLookup): PreparedBackbone {
  return new PreparedBackbone(
    weights.config,
    ownTensors(() => foldLayers(weights)),
  );
}

/**
 * The folding itself, in differentiable ops; to be called within `tf.tidy`.
 *
 * @returns new tensors, also where nothing was folded
 */
export function foldLayers(weights: WeightLookup): PreparedLayers {
  const fold = new Folder(weights);
  const stages = listStages(weights.config);
  const levels = weights.config.encoderBlocks.length;
  const prepared = stages.map((stage) => ({
    path: stage.path,
    level: stage.level,
    ...(stage.modulated && { modulator: fold.modulator(stage.path) }),
    blocks: stage.blocks.map((path) => fold.block(path)),
  }));
  const [middle] = prepared.slice(levels, levels + 1);
  if (middle === undefined) throw new LimpidError("InvalidArgument", "a backbone without stages");
  return {
    embedding: [fold.convolution("intro_de.0"), fold.convolution("intro_de.2")],
    intro: fold.convolution("intro"),
    encoders: prepared
      .slice(0, levels)
      .map((stage, index) => ({ stage, down: fold.convolution(`downs.${index}`) })),
    middle,
    decoders: prepared
      .slice(levels + 1)
      .map((stage, index) => ({ up: { kernel: fold.kernel(`ups.${index}.0`) }, stage })),
    ending: fold.convolution("ending"),
  };
}

class Folder {
  readonly #weights: WeightLookup;

  constructor(weights: WeightLookup) {
    this.#weights = weights;
  }

  kernel(path: string): tf.Tensor4D {
    return tf.clone(this.#weights.get(`${path}.conv.weight`) as tf.Tensor4D);
  }

  convolution(path: string): BiasedConvolution {
    return { kernel: this.kernel(path), bias: tf.clone(this.#vector(`${path}.conv.bias`)) };
  }

  block(path: string): PreparedBlock {
    return {
      attentionLayer: `${path}.sca`,
      expand: halve(this.#normalized(`${path}.norm1`, `${path}.conv1`), 3),
      spatial: halve(this.convolution(`${path}.conv2`), 2),
      attention: this.convolution(`${path}.sca.1`),
      project: this.#scaled(`${path}.conv3`, `${path}.beta`),
      feedForward: halve(this.#normalized(`${path}.norm2`, `${path}.conv4`), 3),
      feedForwardProject: this.#scaled(`${path}.conv5`, `${path}.gamma`),
    };
  }

  modulator(path: string): PreparedModulator {
    const beta = this.#weights.get(`${path}.beta`) as tf.Tensor4D;
    return {
      hidden: this.convolution(`${path}.conv1`),
      gate: [
        this.convolution(`${path}.conv2`),
        this.convolution(`${path}.conv3`),
        this.convolution(`${path}.conv4`),
      ],
      scale: tf.mul(beta, this.#vector(`${path}.norm.weight`)),
      offset: tf.mul(beta, this.#vector(`${path}.norm.bias`)),
      ...(this.#weights.config.modulator.shift && { shift: this.convolution(`${path}.shift`) }),
    };
  }

  /** A 1x1 convolution of affinely normalised features, as one of plainly normalised features. */
  #normalized(norm: string, path: string): BiasedConvolution {
    const { kernel, bias } = this.convolution(path);
    const [, , inputs, outputs] = kernel.shape;
    const weight = tf.reshape(this.#vector(`${norm}.weight`), [1, 1, inputs, 1]);
    const offset = tf.reshape(this.#vector(`${norm}.bias`), [1, inputs]);
    const shift = tf.matMul(offset, tf.reshape(kernel, [inputs, outputs])); // [1, out]
    return { kernel: tf.mul(kernel, weight), bias: tf.add(bias, tf.reshape(shift, [outputs])) };
  }

  /** A convolution whose output is scaled per channel, as a convolution. */
  #scaled(path: string, name: string): BiasedConvolution {
    const { kernel, bias } = this.convolution(path);
    const scale = this.#weights.get(name) as tf.Tensor4D;
    return { kernel: tf.mul(kernel, scale), bias: tf.mul(bias, tf.reshape(scale, [-1])) };
  }

  #vector(name: string): tf.Tensor1D {
    return this.#weights.get(name) as tf.Tensor1D;
  }
}

/** Cuts a convolution's output channels in two; they lie on the given axis of its kernel. */
function halve({ kernel, bias }: BiasedConvolution, axis: 2 | 3): GatedConvolution {
  const [firstKernel, secondKernel] = tf.split(kernel, 2, axis) as [tf.Tensor4D, tf.Tensor4D];
  const [firstBias, secondBias] = tf.split(bias, 2) as [tf.Tensor1D, tf.Tensor1D];
  return [
    { kernel: firstKernel, bias: firstBias },
    { kernel: secondKernel, bias: secondBias },
  ];
}
