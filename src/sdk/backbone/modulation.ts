import * as tf from "@tensorflow/tfjs-core";
import { LimpidError, type Disposable } from "../base/index.js";
import { convolvePointwise } from "./convolution.js";
import { gelu } from "./gelu.js";
import type { PreparedBackbone, PreparedLayers, PreparedModulator } from "./prepare.js";
import { disposeTensors, ownTensors } from "./tensor-container.js";

/** What a modulator adds to the features of one stage: `normalize(x) * scale + offset`. */
export interface StageModulation {
  /** [n, 1, 1, C]. */
  readonly scale: tf.Tensor4D;
  /** [n, 1, 1, C]. */
  readonly offset: tf.Tensor4D;
}

/** The modulations by the stage's module path, such as `encoders.0`. */
export type StageModulations = Readonly<Record<string, StageModulation>>;

/** The modulations of all stages for one embedding. It owns its tensors. */
export class Modulation implements Disposable {
  readonly [Symbol.dispose] = (): void => this.dispose();
  readonly #stages: StageModulations;
  #disposed = false;

  /**
   * @param stages - tensors that from now on belong to this object
   */
  constructor(stages: StageModulations) {
    this.#stages = stages;
  }

  /**
   * Scales and offsets of the stages that have a modulator. Their tensors belong to this object.
   *
   * @throws {@link LimpidError} `Disposed` after disposal
   */
  get stages(): StageModulations {
    if (this.#disposed) throw new LimpidError("Disposed", "a modulation was used after disposal");
    return this.#stages;
  }

  /** Frees the device memory. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    disposeTensors(this.#stages);
  }
}

/**
 * Computes what an embedding does to every stage, once for all tiles of an image.
 *
 * @param backbone - the prepared backbone
 * @param embedding - [n, embeddingSize], from the router; not disposed
 * @returns the modulation, for the caller to dispose
 */
export function computeModulation(backbone: PreparedBackbone, embedding: tf.Tensor2D): Modulation {
  return new Modulation(ownTensors(() => modulateStages(backbone.layers, embedding)));
}

/**
 * The computation itself, in differentiable ops; to be called within `tf.tidy`.
 *
 * @param embedding - [n, embeddingSize]
 * @returns the modulation of every stage that has a modulator
 */
export function modulateStages(layers: PreparedLayers, embedding: tf.Tensor2D): StageModulations {
  const [first, second] = layers.embedding;
  const [n, size] = embedding.shape;
  // LoRA-IR's shared e_d = GELU(W2 GELU(W1 e)), on a map of one pixel.
  const input: tf.Tensor4D = tf.reshape(embedding, [n, 1, 1, size]);
  const shared = gelu(convolvePointwise(gelu(convolvePointwise(input, first)), second));
  const stages = [
    ...layers.encoders.map(({ stage }) => stage),
    layers.middle,
    ...layers.decoders.map(({ stage }) => stage),
  ];
  return Object.fromEntries(
    stages.flatMap(({ path, modulator }) =>
      modulator === undefined ? [] : [[path, modulate(modulator, shared)] as const],
    ),
  );
}

/**
 * `x' = x + beta * (LN(x) * g) + shift(u)` with `u = GELU(conv1 e_d)` and `g = sigmoid(conv4 relu(conv3 conv2 u))`,
 * where LN(x) = normalize(x) * weight + bias.
 */
function modulate(modulator: PreparedModulator, shared: tf.Tensor4D): StageModulation {
  const hidden = gelu(convolvePointwise(shared, modulator.hidden));
  const [expand, reduce, restore] = modulator.gate;
  const bottleneck = tf.relu(convolvePointwise(convolvePointwise(hidden, expand), reduce));
  const gate = tf.sigmoid(convolvePointwise(bottleneck, restore)); // [n, 1, 1, C]
  const offset: tf.Tensor4D = tf.mul(modulator.offset, gate);
  return {
    scale: tf.mul(modulator.scale, gate),
    offset: modulator.shift ? tf.add(offset, convolvePointwise(hidden, modulator.shift)) : offset,
  };
}
