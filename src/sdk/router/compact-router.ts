import * as tf from "@tensorflow/tfjs-core";
import { gelu, matchTensors, type NeededTensor } from "../backbone/index.js";
import { LimpidError, type Disposable } from "../base/index.js";
import type { PixelImage } from "../image/index.js";
import type { TensorFile } from "../weights/index.js";
import { toAnalysis, type Analysis } from "./analysis.js";
import type { CompactRouterConfig } from "./compact-config.js";
import { compactViews, type CompactViews } from "./compact-views.js";

/** RGB, and RGB less its 3x3 mean. */
const inputChannels = 6;
/** Added to the variance before the root, as in training. */
const varianceEpsilon = 1e-5;
const encoders = ["global_encoder", "local_encoder"] as const;
type EncoderName = (typeof encoders)[number];

/** What the compact router computes; the tensors are the caller's to dispose. */
export interface CompactRouterOutput {
  /** Before the sigmoid, [1, degradations]. */
  readonly logits: tf.Tensor2D;
  /** The degradation embedding, [1, embeddingSize]. */
  readonly embedding: tf.Tensor2D;
}

/**
 * The router that ships: LoRA-IR's two branches, global and sliding-window, made small enough for a browser and seeing
 * its windows at native resolution. Each branch is a stack of strided convolutions ending in the mean and deviation of
 * every channel; whole image, mean of windows and maximum of windows go through the DG-Router's MLP to the degradation
 * embedding and on to one independent probability per degradation.
 */
export class CompactRouter implements Disposable {
  /** The network. */
  readonly config: CompactRouterConfig;
  /** The degradations that it knows, in the order of its outputs. */
  readonly degradations: readonly string[];
  readonly #tensors: ReadonlyMap<string, tf.Tensor>;
  #disposed = false;

  private constructor(
    config: CompactRouterConfig,
    degradations: readonly string[],
    tensors: ReadonlyMap<string, tf.Tensor>,
  ) {
    this.config = config;
    this.degradations = degradations;
    this.#tensors = tensors;
  }

  /**
   * Uploads a router to the current tfjs backend.
   *
   * @param file - exactly the network's tensors, in PyTorch's layout
   * @param config - the network
   * @param degradations - names of its outputs
   * @throws {@link LimpidError} `WeightsCorrupt` if tensors are missing, unknown or misshapen
   */
  static fromTensorFile(
    file: TensorFile,
    config: CompactRouterConfig,
    degradations: readonly string[],
  ): CompactRouter {
    const needed = listRouterParameters(config, degradations.length);
    const found = matchTensors(file, needed, "the router");
    const tensors = new Map<string, tf.Tensor>();
    for (const { name, shape } of needed) {
      const values = found(name).toFloat32();
      tensors.set(
        name,
        tf.tidy(() => {
          const tensor = tf.tensor(values, [...shape], "float32");
          if (shape.length === 4) return tf.transpose(tensor, [2, 3, 1, 0]); // OIHW -> HWIO
          return shape.length === 2 ? tf.transpose(tensor) : tensor; // [out, in] -> [in, out]
        }),
      );
    }
    return new CompactRouter(config, degradations, tensors);
  }

  /** Bytes of device memory that the weights take. */
  get byteSize(): number {
    let size = 0;
    for (const tensor of this.#tensors.values()) size += tensor.size * Float32Array.BYTES_PER_ELEMENT;
    return size;
  }

  /**
   * The forward pass on the current tfjs backend.
   *
   * @param views - what {@link compactViews} took
   * @returns logits [1, degradations] and embedding [1, embeddingSize], for the caller to dispose
   * @throws {@link LimpidError} `Disposed` after disposal
   */
  run(views: CompactViews): CompactRouterOutput {
    return tf.tidy(() => ({ ...this.#forward(views, false) }));
  }

  /**
   * Says what is wrong with an image.
   *
   * @param image - the photo, any size; colour under transparent pixels should have been bled
   * @param read - reads a tensor back; `tensor.data()` if left out
   * @param hasWindows - whether it says of each window, too, what is wrong with it
   * @returns the probabilities, and the embedding for the backbone
   */
  async analyze(
    image: PixelImage,
    read: (tensor: tf.Tensor) => Promise<Float32Array> = (tensor) => tensor.data<"float32">(),
    hasWindows = false,
  ): Promise<Analysis> {
    const views = compactViews(image, this.config);
    const { logits, embedding } = tf.tidy(() => ({ ...this.#forward(views, hasWindows) }));
    try {
      const [values, codes] = await Promise.all([read(logits), read(embedding)]);
      const rowOf = (all: Float32Array, row: number, length: number): Float32Array =>
        all.slice(row * length, (row + 1) * length);
      const analysisOf = (row: number): Analysis =>
        toAnalysis(
          this.degradations,
          rowOf(values, row, this.degradations.length),
          rowOf(codes, row, this.config.embeddingSize),
        );
      if (!hasWindows) return analysisOf(0);
      return {
        ...analysisOf(0),
        windows: views.rects.map((rect, index) => ({ rect, ...analysisOf(index + 1) })),
      };
    } finally {
      tf.dispose([logits, embedding]);
    }
  }

  /** Frees the device memory. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    tf.dispose([...this.#tensors.values()]);
  }

  /** A row for the image; and below it, if they are wanted, one for each window as if it were the image's only one. */
  #forward({ whole, windows, rects }: CompactViews, hasWindows: boolean): CompactRouterOutput {
    const { globalSize, windowSize } = this.config;
    const seen = this.#encode("global_encoder", whole, [1, globalSize, globalSize, 3]);
    const local = this.#encode("local_encoder", windows, [rects.length, windowSize, windowSize, 3]);
    const image: tf.Tensor2D = tf.concat([seen, tf.mean(local, 0, true), tf.max(local, 0, true)], 1);
    if (!hasWindows) return this.#head(image);
    // The mean and the maximum of one window are that window.
    const alone: tf.Tensor2D = tf.concat([tf.tile(seen, [rects.length, 1]), local, local], 1);
    return this.#head(tf.concat([image, alone], 0));
  }

  /** Fused features [n, 6c] to logits and embeddings. */
  #head(features: tf.Tensor2D): CompactRouterOutput {
    const hidden = gelu(this.#linear("de_extractor.0", features));
    const embedding = gelu(this.#linear("de_extractor.2", hidden));
    if (this.config.classifierSize === undefined) {
      return { logits: this.#linear("cls_head", embedding), embedding };
    }
    const seen = gelu(this.#linear("cls_head.0", features));
    return { logits: this.#linear("cls_head.2", seen), embedding };
  }

  /** Views [n, s, s, 3] to features [n, 2c]: mean and deviation of each channel. */
  #encode(encoder: EncoderName, pixels: Float32Array, shape: [number, number, number, 3]): tf.Tensor2D {
    return tf.tidy(() => {
      const image = tf.tensor4d(pixels, shape);
      const detail = tf.sub(image, tf.avgPool(image, 3, 1, "same"));
      let x: tf.Tensor4D = tf.concat([tf.mul(tf.sub(image, 0.5), 4), tf.mul(detail, 20)], 3);
      this.config.strides.forEach((stride, index) => {
        const size = this.config.kernelSizes[index] ?? 1;
        x = tf.fused.conv2d({
          x,
          filter: this.#get(`${encoder}.layers.${index}.weight`) as tf.Tensor4D,
          bias: this.#get(`${encoder}.layers.${index}.bias`),
          strides: stride,
          pad: (size - 1) / 2,
          activation: "relu",
        });
      });
      const mean = tf.mean(x, [1, 2], true);
      const variance = tf.mean(tf.square(tf.sub(x, mean)), [1, 2]);
      return tf.concat([tf.squeeze(mean, [1, 2]), tf.sqrt(tf.add(variance, varianceEpsilon))], 1);
    });
  }

  #linear(name: string, x: tf.Tensor2D): tf.Tensor2D {
    return tf.add(tf.matMul(x, this.#get(`${name}.weight`) as tf.Tensor2D), this.#get(`${name}.bias`));
  }

  #get(name: string): tf.Tensor {
    if (this.#disposed) throw new LimpidError("Disposed", "the router was used after disposal");
    return this.#tensors.get(name)!;
  }
}

/**
 * Every tensor of the network, in PyTorch's layout.
 *
 * @param config - the network
 * @param degradations - how many degradations it tells apart
 */
export function listRouterParameters(
  config: CompactRouterConfig,
  degradations: number,
): readonly NeededTensor[] {
  const { widths, kernelSizes, hiddenSize, embeddingSize, classifierSize } = config;
  const features = 2 * (widths.at(-1) ?? 0);
  const convolutions = encoders.flatMap((encoder) =>
    widths.flatMap((width, index) => {
      const size = kernelSizes[index] ?? 1;
      const inputs = index === 0 ? inputChannels : (widths[index - 1] ?? 0);
      const name = `${encoder}.layers.${index}`;
      return [
        { name: `${name}.weight`, shape: [width, inputs, size, size] },
        { name: `${name}.bias`, shape: [width] },
      ];
    }),
  );
  const linear = (name: string, inputs: number, outputs: number): NeededTensor[] => [
    { name: `${name}.weight`, shape: [outputs, inputs] },
    { name: `${name}.bias`, shape: [outputs] },
  ];
  return [
    ...convolutions,
    ...linear("de_extractor.0", 3 * features, hiddenSize),
    ...linear("de_extractor.2", hiddenSize, embeddingSize),
    ...(classifierSize === undefined
      ? linear("cls_head", embeddingSize, degradations)
      : [
          ...linear("cls_head.0", 3 * features, classifierSize),
          ...linear("cls_head.2", classifierSize, degradations),
        ]),
  ];
}
