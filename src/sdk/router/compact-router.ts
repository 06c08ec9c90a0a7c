import * as tf from "@tensorflow/tfjs-core";
import { gelu, matchTensors, type NeededTensor } from "../backbone/index.js";
import { LimpidError, type Disposable } from "../base/index.js";
import type { PixelImage } from "../image/index.js";
import type { TensorFile } from "../weights/index.js";
import { toAnalysis, type Analysis } from "./analysis.js";
import type { CompactRouterConfig, RouterEncoderConfig } from "./compact-config.js";
import { compactViews, windowCells, type CompactViews } from "./compact-views.js";

/** RGB, and RGB less its 3x3 mean. */
const inputChannels = 6;
/** Added to the variance before the root, as in training. */
const varianceEpsilon = 1e-5;
const encoders = ["detail", "scene"] as const;
type EncoderName = (typeof encoders)[number];
/** A pooled layer's mean, deviation and maximum. */
const poolings = 3;

/** What the compact router computes; the tensors are the caller's to dispose. */
export interface CompactRouterOutput {
  /** Before the sigmoid, [1, degradations]. */
  readonly logits: tf.Tensor2D;
  /** The degradation embedding, [1, embeddingSize]. */
  readonly embedding: tf.Tensor2D;
}

/**
 * The router that ships: LoRA-IR's two branches, global and sliding-window, made small enough for a browser and seeing
 * its windows at native resolution. Each branch is a stack of strided convolutions, pooled to the mean, deviation and
 * maximum of every channel: what fills the image, varies in it, is rare in it. Mean and maximum of the windows and the
 * scene go through the DG-Router's MLP to the degradation embedding, and through another to one independent probability
 * per degradation.
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
      const cells = windowCells(views);
      return {
        ...analysisOf(0),
        windows: cells.map((rect, index) => ({ rect, ...analysisOf(index + 1) })),
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

  /** A row for the image; and below it, if they are wanted, one for each window with its part of the scene. */
  #forward({ scene, sceneShape, windows, grid }: CompactViews, hasWindows: boolean): CompactRouterOutput {
    const { windowSize } = this.config;
    const [rows, columns] = grid;
    const layers = this.#encode("detail", windows, [rows * columns, windowSize, windowSize, 3]);
    const local: tf.Tensor2D = tf.concat(layers.map(pool), 1);
    const maps = this.#encode("scene", scene, [1, ...sceneShape, 3]);
    const seen = maps.map(pool);
    const image: tf.Tensor2D = tf.concat([tf.mean(local, 0, true), tf.max(local, 0, true), ...seen], 1);
    if (!hasWindows) return this.#head(image);
    const parts = Array.from({ length: rows * columns }, (_, index): tf.Tensor2D =>
      tf.concat(
        maps.map((map) => pool(partOf(map, index, grid))),
        1,
      ),
    );
    // The mean and the maximum of one window are that window.
    return this.#head(tf.concat([image, tf.concat([local, local, tf.concat(parts, 0)], 1)], 0));
  }

  /** Features [n, f] to logits and embeddings. */
  #head(features: tf.Tensor2D): CompactRouterOutput {
    const code = gelu(this.#linear("de_extractor.0", features));
    const seen = gelu(this.#linear("cls_head.0", features));
    return {
      logits: this.#linear("cls_head.2", seen),
      embedding: gelu(this.#linear("de_extractor.2", code)),
    };
  }

  /** Views [n, h, w, 3] to the outputs of the pooled layers [n, h', w', c]. */
  #encode(name: EncoderName, pixels: Float32Array, shape: [number, number, number, 3]): tf.Tensor4D[] {
    const { strides, kernelSizes, pooled } = this.config[name];
    const image = tf.tensor4d(pixels, shape);
    const detail = tf.sub(image, tf.avgPool(image, 3, 1, "same"));
    let x: tf.Tensor4D = tf.concat([tf.mul(tf.sub(image, 0.5), 4), tf.mul(detail, 20)], 3);
    const outputs = strides.map((stride, index) => {
      x = tf.fused.conv2d({
        x,
        filter: this.#get(`${name}_encoder.layers.${index}.weight`) as tf.Tensor4D,
        bias: this.#get(`${name}_encoder.layers.${index}.bias`),
        strides: stride,
        pad: ((kernelSizes[index] ?? 1) - 1) / 2,
        activation: "relu",
      });
      return x;
    });
    return pooled.map((layer) => outputs[layer]!);
  }

  #linear(name: string, x: tf.Tensor2D): tf.Tensor2D {
    return tf.add(tf.matMul(x, this.#get(`${name}.weight`) as tf.Tensor2D), this.#get(`${name}.bias`));
  }

  #get(name: string): tf.Tensor {
    if (this.#disposed) throw new LimpidError("Disposed", "the router was used after disposal");
    return this.#tensors.get(name)!;
  }
}

/** Mean, deviation and maximum of each channel: [n, h, w, c] to [n, 3c]. */
function pool(x: tf.Tensor4D): tf.Tensor2D {
  const mean = tf.mean(x, [1, 2], true);
  const variance = tf.mean(tf.square(tf.sub(x, mean)), [1, 2]);
  const deviation = tf.sqrt(tf.add(variance, varianceEpsilon));
  return tf.concat([tf.squeeze(mean, [1, 2]), deviation as tf.Tensor2D, tf.max<tf.Tensor2D>(x, [1, 2])], 1);
}

/** The part of a map [1, h, w, c] that belongs to cell `index` of a grid, a pixel at least. */
function partOf(map: tf.Tensor4D, index: number, [rows, columns]: readonly [number, number]): tf.Tensor4D {
  const [, height, width, channels] = map.shape;
  const range = (at: number, count: number, size: number): readonly [number, number] => {
    const start = Math.min(size - 1, Math.floor((at * size) / count));
    return [start, Math.max(1, Math.ceil(((at + 1) * size) / count) - start)];
  };
  const [top, tall] = range(Math.floor(index / columns), rows, height);
  const [left, wide] = range(index % columns, columns, width);
  return tf.slice4d(map, [0, top, left, 0], [1, tall, wide, channels]);
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
  const { hiddenSize, embeddingSize, classifierSize } = config;
  const features = 2 * featureCount(config.detail) + featureCount(config.scene);
  const convolutions = encoders.flatMap((encoder) => {
    const { widths, kernelSizes } = config[encoder];
    return widths.flatMap((width, index) => {
      const size = kernelSizes[index] ?? 1;
      const inputs = index === 0 ? inputChannels : (widths[index - 1] ?? 0);
      const name = `${encoder}_encoder.layers.${index}`;
      return [
        { name: `${name}.weight`, shape: [width, inputs, size, size] },
        { name: `${name}.bias`, shape: [width] },
      ];
    });
  });
  const linear = (name: string, inputs: number, outputs: number): NeededTensor[] => [
    { name: `${name}.weight`, shape: [outputs, inputs] },
    { name: `${name}.bias`, shape: [outputs] },
  ];
  return [
    ...convolutions,
    ...linear("de_extractor.0", features, hiddenSize),
    ...linear("de_extractor.2", hiddenSize, embeddingSize),
    ...linear("cls_head.0", features, classifierSize),
    ...linear("cls_head.2", classifierSize, degradations),
  ];
}

function featureCount({ widths, pooled }: RouterEncoderConfig): number {
  return poolings * pooled.reduce((sum, layer) => sum + (widths[layer] ?? 0), 0);
}
