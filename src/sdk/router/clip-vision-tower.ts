import * as tf from "@tensorflow/tfjs-core";
import {
  convolvePatches,
  countTensorBytes,
  gelu,
  matchTensors,
  normalizeChannels,
} from "../backbone/index.js";
import { LimpidError, type Disposable } from "../base/index.js";
import type { TensorFile } from "../weights/index.js";
import { listClipVisionTensors, type ClipVisionConfig } from "./clip-config.js";

const layerNormalizationEpsilon = 1e-5;

/** CLIP's image encoder with its projection, on the current tfjs backend, in float32. It owns its tensors. */
export class ClipVisionTower implements Disposable {
  readonly [Symbol.dispose] = (): void => this.dispose();
  readonly config: ClipVisionConfig;
  /** Empty after disposal. */
  readonly #tensors: Map<string, tf.Tensor>;

  private constructor(config: ClipVisionConfig, tensors: Map<string, tf.Tensor>) {
    this.config = config;
    this.#tensors = tensors;
  }

  /**
   * Uploads a tower.
   *
   * @param file - exactly the tensors of {@link listClipVisionTensors}; the buffer `position_ids`, which some versions
   * save too, is passed over
   * @param config - the network
   * @throws {@link LimpidError} `WeightsCorrupt` if names are missing, unknown or misshapen; `details` lists them
   */
  static fromTensorFile(file: TensorFile, config: ClipVisionConfig): ClipVisionTower {
    const needed = listClipVisionTensors(config);
    const tensors = new Map([...file.tensors].filter(([name]) => !name.endsWith(".position_ids")));
    const found = matchTensors({ tensors, metadata: file.metadata }, needed, "the vision tower");
    const uploaded = new Map<string, tf.Tensor>();
    for (const { name, shape } of needed) {
      const tensor = tf.tidy(() => {
        const values = tf.tensor(found(name).toFloat32().slice(), [...shape], "float32");
        return shape.length === 4 ? tf.transpose(values, [2, 3, 1, 0]) : values;
      });
      uploaded.set(name, tf.keep(tensor));
    }
    return new ClipVisionTower(config, uploaded);
  }

  /** Bytes of device memory that the weights take. */
  get byteSize(): number {
    return countTensorBytes([...this.#tensors.values()]);
  }

  /**
   * Embeds images; Hugging Face's `image_embeds`. Differentiable.
   *
   * @param images - [n, imageSize, imageSize, 3], normalised by CLIP's mean and standard deviation
   * @returns [n, projectionSize], for the caller to dispose
   * @throws {@link LimpidError} `InvalidArgument` if the shape is another, `Disposed` after disposal
   */
  embed(images: tf.Tensor4D): tf.Tensor2D {
    const { imageSize, hiddenSize, layers } = this.config;
    const [, height, width, channels] = images.shape;
    if (height !== imageSize || width !== imageSize || channels !== 3) {
      throw new LimpidError(
        "InvalidArgument",
        `the vision tower embeds images of shape [n, ${imageSize}, ${imageSize}, 3], not [${images.shape.join(", ")}]`,
      );
    }
    return tf.tidy(() => {
      let x = this.#normalize("vision_model.pre_layrnorm", this.#embedPatches(images));
      for (let index = 0; index < layers; index++) {
        const input = x;
        x = tf.tidy(() => this.#runLayer(`vision_model.encoder.layers.${index}`, input));
      }
      const classToken: tf.Tensor2D = tf.reshape(tf.slice(x, [0, 0, 0], [images.shape[0], 1, hiddenSize]), [
        images.shape[0],
        hiddenSize,
      ]);
      const pooled = this.#normalize("vision_model.post_layernorm", classToken);
      return tf.matMul(pooled, this.#matrix("visual_projection.weight"), false, true);
    });
  }

  /** Frees the device memory. */
  dispose(): void {
    tf.dispose([...this.#tensors.values()]);
    this.#tensors.clear();
  }

  /** One token per patch, in reading order, after the class token: [n, 1 + patches, hiddenSize]. */
  #embedPatches(images: tf.Tensor4D): tf.Tensor3D {
    const { hiddenSize, imageSize, patchSize } = this.config;
    const seen = imageSize - (imageSize % patchSize);
    const embeddings = "vision_model.embeddings";
    const kernel = this.#get(`${embeddings}.patch_embedding.weight`) as tf.Tensor4D;
    const whole = tf.slice(images, [0, 0, 0, 0], [images.shape[0], seen, seen, 3]);
    const patches = convolvePatches(whole, { kernel });
    const [n, rows, columns] = patches.shape;
    const tokens: tf.Tensor3D = tf.reshape(patches, [n, rows * columns, hiddenSize]);
    const classToken = tf.reshape(this.#get(`${embeddings}.class_embedding`), [1, 1, hiddenSize]);
    const positions = this.#matrix(`${embeddings}.position_embedding.weight`);
    return tf.add(tf.concat([tf.broadcastTo(classToken, [n, 1, hiddenSize]), tokens], 1), positions);
  }

  /** A transformer layer, normalisation first. */
  #runLayer(path: string, x: tf.Tensor3D): tf.Tensor3D {
    const attended: tf.Tensor3D = tf.add(
      x,
      this.#attend(`${path}.self_attn`, this.#normalize(`${path}.layer_norm1`, x)),
    );
    const hidden = this.#linear(`${path}.mlp.fc1`, this.#normalize(`${path}.layer_norm2`, attended));
    const activated =
      this.config.activation === "gelu" ? gelu(hidden) : tf.mul(hidden, tf.sigmoid(tf.mul(hidden, 1.702)));
    return tf.add(attended, this.#linear(`${path}.mlp.fc2`, activated as tf.Tensor3D));
  }

  /** Multi-head self-attention. */
  #attend(path: string, x: tf.Tensor3D): tf.Tensor3D {
    const { heads, hiddenSize } = this.config;
    const [n, tokens] = x.shape;
    const size = hiddenSize / heads;
    const project = (name: string): tf.Tensor4D => {
      const split: tf.Tensor4D = tf.reshape(this.#linear(`${path}.${name}`, x), [n, tokens, heads, size]);
      return tf.transpose(split, [0, 2, 1, 3]);
    };
    const query = tf.mul(project("q_proj"), 1 / Math.sqrt(size));
    const scores = tf.softmax(tf.matMul(query, project("k_proj"), false, true)); // [n, heads, tokens, tokens]
    const mixed = tf.transpose(tf.matMul(scores, project("v_proj")), [0, 2, 1, 3]);
    return this.#linear(`${path}.out_proj`, tf.reshape(mixed, [n, tokens, hiddenSize]));
  }

  #normalize<T extends tf.Tensor>(name: string, x: T): T {
    const scaled = tf.mul(normalizeChannels(x, layerNormalizationEpsilon), this.#get(`${name}.weight`));
    return tf.add(scaled, this.#get(`${name}.bias`));
  }

  /** A linear layer on the last axis. */
  #linear(name: string, x: tf.Tensor3D): tf.Tensor3D {
    const [n, tokens, inputs] = x.shape;
    const weight = this.#matrix(`${name}.weight`); // [out, in]
    const product = tf.matMul(tf.reshape(x, [n * tokens, inputs]), weight, false, true);
    return tf.reshape(tf.add(product, this.#get(`${name}.bias`)), [n, tokens, weight.shape[0]]);
  }

  #matrix(name: string): tf.Tensor2D {
    return this.#get(name) as tf.Tensor2D;
  }

  #get(name: string): tf.Tensor {
    const tensor = this.#tensors.get(name);
    if (tensor !== undefined) return tensor;
    throw new LimpidError("Disposed", "the vision tower was used after disposal");
  }
}
