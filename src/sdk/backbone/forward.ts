import * as tf from "@tensorflow/tfjs-core";
import { LimpidError } from "../base/index.js";
import { backboneStride, type BackboneConfig } from "./config.js";
import {
  convolve,
  convolveDepthwise,
  convolvePatches,
  convolvePointwise,
  shufflePixels,
  shuffleSquares,
  unshuffleSquares,
} from "./convolution.js";
import { Modulation, modulateStages, type StageModulation, type StageModulations } from "./modulation.js";
import { normalizeChannels } from "./normalize.js";
import { globalPooling, type AttentionPooling } from "./pooling.js";
import {
  foldLayers,
  PreparedBackbone,
  type GatedConvolution,
  type PreparedBlock,
  type PreparedLayers,
  type PreparedStage,
} from "./prepare.js";
import type { WeightLookup } from "./weights.js";

/** NAFNet's LayerNorm2d. */
const layerNormalizationEpsilon = 1e-6;

/** What a run can vary. */
export interface RunBackboneOptions {
  /** How channel attention pools; {@link globalPooling} if left out. */
  readonly pooling?: AttentionPooling;
}

/**
 * Restores images: LoRA-IR's stage-1 network, or stage-2 if experts are merged into the weights. Runs on the current
 * tfjs backend and is differentiable in the image, the embedding and the weights.
 *
 * @param weights - the base or merged weights; or, if they run more than once, prepared by {@link prepareBackbone}
 * @param image - [n, h, w, imageChannels] in 0..1, any size; zeros are padded on the right and bottom and cropped again
 * @param embedding - the router's degradation embedding [n, embeddingSize]; or, for prepared weights, what
 * {@link computeModulation} made of it
 * @param options - how channel attention pools
 * @returns the restored images [n, h, w, imageChannels], not clipped, for the caller to dispose. All else is tidied
 * @throws {@link LimpidError} `InvalidArgument` if a shape does not fit the config
 *
 * @example
 * ```ts
 * const file = readTensorFile(bytes); // a published checkpoint, converted or not
 * const weights = BackboneWeights.fromTensorFile(file, inferPublishedConfig(file));
 * const restored = runBackbone(weights, image, embedding); // [1, h, w, 3]
 * weights.dispose();
 * ```
 */
export function runBackbone(
  weights: WeightLookup | PreparedBackbone,
  image: tf.Tensor4D,
  embedding: tf.Tensor2D | Modulation,
  options: RunBackboneOptions = {},
): tf.Tensor4D {
  checkShapes(weights.config, image, embedding);
  return tf.tidy(() => {
    const layers = weights instanceof PreparedBackbone ? weights.layers : foldLayers(weights);
    const modulations =
      embedding instanceof Modulation ? embedding.stages : modulateStages(layers, embedding);
    const pass = new Pass(weights.config, layers, modulations, options.pooling ?? globalPooling);
    const steps = pass.run(image);
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
    }
  });
}

/**
 * The same computation, paused after every part of a block, so that the caller can do other things in between, or give
 * up. Nothing is left behind whether the last step is reached or the generator is closed with `return` before.
 *
 * @param backbone - the prepared weights; they must outlive the generator
 * @param image - as for {@link runBackbone}; not disposed, and to be kept until the last step
 * @param modulation - what {@link computeModulation} made of the embedding
 * @param options - how channel attention pools
 * @returns a generator whose steps run on the tfjs backend that is current at each, and which returns the restored
 * images, for the caller to dispose. Not to be used within `tf.tidy`
 * @throws {@link LimpidError} `InvalidArgument` if a shape does not fit the config
 */
export function* runBackboneInSteps(
  backbone: PreparedBackbone,
  image: tf.Tensor4D,
  modulation: Modulation,
  options: RunBackboneOptions = {},
): Generator<undefined, tf.Tensor4D> {
  checkShapes(backbone.config, image, modulation);
  const { config, layers } = backbone;
  const pass = new Pass(config, layers, modulation.stages, options.pooling ?? globalPooling);
  try {
    return yield* pass.run(image);
  } finally {
    pass.dispose();
  }
}

/** One pass through the U-shape, in steps. It holds the tensors between two steps and frees each after its last use. */
class Pass {
  readonly #config: BackboneConfig;
  readonly #layers: PreparedLayers;
  readonly #modulations: StageModulations;
  readonly #pooling: AttentionPooling;
  readonly #held = new Set<tf.Tensor>();

  constructor(
    config: BackboneConfig,
    layers: PreparedLayers,
    modulations: StageModulations,
    pooling: AttentionPooling,
  ) {
    this.#config = config;
    this.#layers = layers;
    this.#modulations = modulations;
    this.#pooling = pooling;
  }

  /** Frees what an unfinished pass holds. */
  dispose(): void {
    tf.dispose([...this.#held]);
    this.#held.clear();
  }

  *run(image: tf.Tensor4D): Generator<undefined, tf.Tensor4D> {
    const { intro, encoders, middle, decoders, ending } = this.#layers;
    const { unshuffle } = this.#config;
    const padded = this.#step([], () => padToStride(image, backboneStride(this.#config)));
    let x = this.#step([], () =>
      convolve(unshuffle === undefined ? padded : unshuffleSquares(padded, unshuffle), intro),
    );
    yield;
    const skips: tf.Tensor4D[] = [];
    for (const { stage, down } of encoders) {
      const encoded = yield* this.#runStage(x, stage);
      skips.push(encoded);
      x = this.#step([], () => convolvePatches(encoded, down)); // [n, h / 2, w / 2, 2C]
      yield;
    }
    x = yield* this.#runStage(x, middle);
    for (const { up, stage } of decoders) {
      const skip = skips.pop()!;
      const smaller = x;
      // [n, 2h, 2w, C / 2]
      x = this.#step([smaller, skip], () => tf.add(shufflePixels(convolvePointwise(smaller, up)), skip));
      yield;
      x = yield* this.#runStage(x, stage);
    }
    const features = x;
    const [n, h, w, channels] = image.shape;
    const restored = this.#step([features, padded], (): tf.Tensor4D => {
      const change = convolve(features, ending);
      const pixels = unshuffle === undefined ? change : shuffleSquares(change, unshuffle);
      const sum: tf.Tensor4D = tf.add(pixels, padded);
      return tf.slice(sum, [0, 0, 0, 0], [n, h, w, channels]);
    });
    this.#held.delete(restored);
    return restored;
  }

  /** Takes x over: it is freed, the result is held. */
  *#runStage(x: tf.Tensor4D, stage: PreparedStage): Generator<undefined, tf.Tensor4D> {
    const modulation = this.#modulations[stage.path];
    let features = x;
    // How often the image's own resolution was halved.
    const level = stage.level + Math.log2(this.#config.unshuffle ?? 1);
    if (modulation !== undefined) {
      features = this.#step([x], () => modulate(x, modulation));
      yield;
    }
    for (const block of stage.blocks) {
      const input = features;
      const gated = this.#step([], () => mixSpatially(input, block));
      yield;
      const attended = this.#step([input, gated], () => attend(input, gated, block, level, this.#pooling));
      yield;
      features = this.#step([attended], () => feedForward(attended, block));
      yield;
    }
    return features;
  }

  /** Computes one tensor, holds it and frees those that were used for the last time. */
  #step(used: readonly tf.Tensor[], compute: () => tf.Tensor4D): tf.Tensor4D {
    const result = tf.tidy(compute);
    this.#held.add(result);
    for (const tensor of used) {
      this.#held.delete(tensor);
      tensor.dispose();
    }
    return result;
  }
}

/** LoRA-IR's modulator on the features of a level. */
function modulate(x: tf.Tensor4D, { scale, offset }: StageModulation): tf.Tensor4D {
  return tf.add(x, tf.add(tf.mul(normalizeChannels(x, layerNormalizationEpsilon), scale), offset));
}

// A NAFNet block (arXiv 2204.04676) in three parts: spatial mixing, channel attention, and a feed-forward part.

function mixSpatially(x: tf.Tensor4D, block: PreparedBlock): tf.Tensor4D {
  const [first, second] = block.spatial;
  const [a, b] = gateHalves(x, block.expand);
  return tf.mul(convolveDepthwise(a, first), convolveDepthwise(b, second));
}

function attend(
  x: tf.Tensor4D,
  gated: tf.Tensor4D,
  block: PreparedBlock,
  level: number,
  pooling: AttentionPooling,
): tf.Tensor4D {
  const attention = convolvePointwise(pooling(gated, block.attentionLayer, level), block.attention);
  return tf.add(x, convolvePointwise(tf.mul<tf.Tensor4D>(gated, attention), block.project));
}

function feedForward(x: tf.Tensor4D, block: PreparedBlock): tf.Tensor4D {
  const gated = tf.tidy((): tf.Tensor4D => {
    const [a, b] = gateHalves(x, block.feedForward);
    return tf.mul(a, b);
  });
  return tf.add(x, convolvePointwise(gated, block.feedForwardProject));
}

/** Normalises features and computes both halves of a gated 1x1 convolution, each [n, h, w, C]. */
function gateHalves(x: tf.Tensor4D, [first, second]: GatedConvolution): [tf.Tensor4D, tf.Tensor4D] {
  const normalized = normalizeChannels(x, layerNormalizationEpsilon);
  return [convolvePointwise(normalized, first), convolvePointwise(normalized, second)];
}

function padToStride(image: tf.Tensor4D, stride: number): tf.Tensor4D {
  const [, h, w] = image.shape;
  const bottom = (stride - (h % stride)) % stride;
  const right = (stride - (w % stride)) % stride;
  if (bottom === 0 && right === 0) return tf.clone(image);
  return tf.pad(image, [
    [0, 0],
    [0, bottom],
    [0, right],
    [0, 0],
  ]);
}

function checkShapes(config: BackboneConfig, image: tf.Tensor4D, embedding: tf.Tensor2D | Modulation): void {
  const { imageChannels, embeddingSize } = config;
  if (image.rank !== 4 || image.shape[3] !== imageChannels || image.size === 0) {
    throw new LimpidError(
      "InvalidArgument",
      `the backbone restores images of shape [n, h, w, ${imageChannels}], not [${image.shape.join(", ")}]`,
    );
  }
  if (embedding instanceof Modulation) return;
  if (embedding.rank !== 2 || embedding.shape[0] !== image.shape[0] || embedding.shape[1] !== embeddingSize) {
    throw new LimpidError(
      "InvalidArgument",
      `${image.shape[0]} images need embeddings of shape [${image.shape[0]}, ${embeddingSize}], ` +
        `not [${embedding.shape.join(", ")}]`,
    );
  }
}
