import * as tf from "@tensorflow/tfjs-core";
import { LimpidError } from "../base/index.js";
import { backboneStride, type BackboneConfig } from "./config.js";
import {
  convolve,
  convolveDepthwise,
  convolvePatches,
  convolvePointwise,
  shufflePixels,
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
    const [n, h, w, channels] = image.shape;
    const padded = padToStride(image, backboneStride(weights.config));
    const residual = restore(layers, padded, modulations, options.pooling ?? globalPooling);
    const restored: tf.Tensor4D = tf.add(residual, padded);
    return padded === image ? restored : tf.slice(restored, [0, 0, 0, 0], [n, h, w, channels]);
  });
}

/** The U-shape, without the residual from its input. */
function restore(
  layers: PreparedLayers,
  image: tf.Tensor4D,
  modulations: StageModulations,
  pooling: AttentionPooling,
): tf.Tensor4D {
  const run = (x: tf.Tensor4D, stage: PreparedStage): tf.Tensor4D =>
    // Tidied stage by stage, so that peak memory does not grow with depth.
    tf.tidy(() => runStage(x, stage, modulations[stage.path], pooling));
  let x = convolve(image, layers.intro);
  const skips: tf.Tensor4D[] = [];
  for (const { stage, down } of layers.encoders) {
    const encoded = run(x, stage);
    skips.push(encoded);
    x = convolvePatches(encoded, down); // [n, h / 2, w / 2, 2C]
  }
  x = run(x, layers.middle);
  for (const { up, stage } of layers.decoders) {
    const skip = skips.pop();
    const larger = shufflePixels(convolvePointwise(x, up)); // [n, 2h, 2w, C / 2]
    x = run(skip === undefined ? larger : tf.add(larger, skip), stage);
  }
  return convolve(x, layers.ending);
}

function runStage(
  x: tf.Tensor4D,
  stage: PreparedStage,
  modulation: StageModulation | undefined,
  pooling: AttentionPooling,
): tf.Tensor4D {
  let features = x;
  if (modulation !== undefined) {
    const modulated = tf.mul(normalizeChannels(x, layerNormalizationEpsilon), modulation.scale);
    features = tf.add(x, tf.add(modulated, modulation.offset));
  }
  for (const block of stage.blocks) {
    const input = features;
    features = tf.tidy(() => runBlock(input, block, stage.level, pooling));
  }
  return features;
}

/** A NAFNet block (arXiv 2204.04676): spatial mixing with channel attention, then a feed-forward part. */
function runBlock(
  x: tf.Tensor4D,
  block: PreparedBlock,
  level: number,
  pooling: AttentionPooling,
): tf.Tensor4D {
  // Each part is tidied, which halves the peak: [n, h, w, C] is large at full resolution.
  const y = tf.tidy((): tf.Tensor4D => {
    const gated = tf.tidy((): tf.Tensor4D => {
      const [first, second] = block.spatial;
      const [a, b] = gateHalves(x, block.expand);
      return tf.mul(convolveDepthwise(a, first), convolveDepthwise(b, second));
    });
    const attention = convolvePointwise(pooling(gated, block.attentionLayer, level), block.attention);
    return tf.add(x, convolvePointwise(tf.mul<tf.Tensor4D>(gated, attention), block.project));
  });
  const gated = tf.tidy((): tf.Tensor4D => {
    const [a, b] = gateHalves(y, block.feedForward);
    return tf.mul(a, b);
  });
  return tf.add(y, convolvePointwise(gated, block.feedForwardProject));
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
  if (bottom === 0 && right === 0) return image;
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
