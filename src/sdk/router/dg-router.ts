import * as tf from "@tensorflow/tfjs-core";
import { countTensorBytes, gelu, matchTensors, type NeededTensor } from "../backbone/index.js";
import { LimpidError, type Disposable } from "../base/index.js";
import type { HostTensor, TensorFile } from "../weights/index.js";
import { inferClipVisionConfig, type ClipVisionConfig } from "./clip-config.js";
import { clipViewCount } from "./clip-views.js";
import { ClipVisionTower } from "./clip-vision-tower.js";

/** LoRA-IR's published router: a CLIP vision tower and a small head. */
export interface DgRouterConfig {
  /** The tower that embeds each view. */
  readonly tower: ClipVisionConfig;
  /** Length of the head's hidden layer; as published the tower's `projectionSize`. */
  readonly hiddenSize: number;
  /** Length of the degradation embedding; as published half the `projectionSize`, 384. */
  readonly embeddingSize: number;
  /** Number of logits, one per degradation. */
  readonly classes: number;
}

/** What the router computes; the caller disposes all three. */
export interface DgRouterOutput {
  /** CLIP's embeddings of the views, [n * 5, projectionSize]. */
  readonly imageEmbeddings: tf.Tensor2D;
  /** The degradation embedding, [n, embeddingSize]. */
  readonly embedding: tf.Tensor2D;
  /** One logit per degradation, [n, classes]; {@link routeTopK} makes a mixture of them. */
  readonly logits: tf.Tensor2D;
}

const towerPrefix = "clip_model.vision_tower.";
const headNames = ["de_extractor.0", "de_extractor.2", "cls_head"] as const;

/**
 * The config of a checkpoint of LoRA-IR's released router, from the names and shapes of its tensors.
 *
 * @param file - the checkpoint
 * @param published - the tower's config in Hugging Face's fields, if there is one; see {@link inferClipVisionConfig}
 * @throws {@link LimpidError} `WeightsCorrupt` if a tensor that tells a size is missing, `InvalidConfig` if the sizes
 * contradict each other
 */
export function inferDgRouterConfig(
  file: TensorFile,
  published: Readonly<Record<string, unknown>> = {},
): DgRouterConfig {
  const [hidden, embedding, classes] = headNames.map((name) => file.tensors.get(`${name}.weight`)?.shape[0]);
  if (hidden === undefined || embedding === undefined || classes === undefined) {
    throw new LimpidError("WeightsCorrupt", "not a checkpoint of LoRA-IR's router: its head is missing", {
      details: { missing: headNames.map((name) => `${name}.weight`) },
    });
  }
  const tower = inferClipVisionConfig(towerPart(file), published);
  return Object.freeze({ tower, hiddenSize: hidden, embeddingSize: embedding, classes });
}

/**
 * LoRA-IR's degradation-guided router, on the current tfjs backend. The embedding of the whole image and the mean of
 * its windows' embeddings go through the head `Linear, GELU, Linear, GELU` to the degradation embedding and through one
 * more linear layer to the logits. It owns its tensors.
 *
 * @example
 * ```ts
 * const router = DgRouter.fromTensorFile(file, inferDgRouterConfig(file));
 * const size = router.config.tower.imageSize;
 * const { embedding, logits, imageEmbeddings } = router.run(tf.tensor4d(clipViews(image, size), [5, size, size, 3]));
 * ```
 */
export class DgRouter implements Disposable {
  readonly [Symbol.dispose] = (): void => this.dispose();
  readonly config: DgRouterConfig;
  readonly #tower: ClipVisionTower;
  /** Empty after disposal. */
  readonly #head: Map<string, tf.Tensor>;

  private constructor(config: DgRouterConfig, tower: ClipVisionTower, head: Map<string, tf.Tensor>) {
    this.config = config;
    this.#tower = tower;
    this.#head = head;
  }

  /**
   * Uploads a router.
   *
   * @param file - a checkpoint of the released code: the tower under `clip_model.vision_tower.`, and the head
   * @param config - the network
   * @throws {@link LimpidError} `WeightsCorrupt` if names are missing, unknown or misshapen; `details` lists them
   */
  static fromTensorFile(file: TensorFile, config: DgRouterConfig): DgRouter {
    const needed = listHeadTensors(config);
    const found = matchTensors(headPart(file), needed, "the router's head");
    const tower = ClipVisionTower.fromTensorFile(towerPart(file), config.tower);
    const head = new Map<string, tf.Tensor>();
    for (const { name, shape } of needed) {
      head.set(name, tf.keep(tf.tensor(found(name).toFloat32().slice(), [...shape], "float32")));
    }
    return new DgRouter(config, tower, head);
  }

  /** Bytes of device memory that the weights take. */
  get byteSize(): number {
    return countTensorBytes([...this.#head.values()]) + this.#tower.byteSize;
  }

  /**
   * Runs the router. Differentiable.
   *
   * @param views - [n * 5, imageSize, imageSize, 3], the views of each image one after the other, as
   * {@link clipViews} makes them
   * @returns the embeddings and the logits
   * @throws {@link LimpidError} `InvalidArgument` if the shape does not fit, `Disposed` after disposal
   */
  run(views: tf.Tensor4D): DgRouterOutput {
    const count = views.shape[0];
    if (count === 0 || count % clipViewCount !== 0) {
      throw new LimpidError(
        "InvalidArgument",
        `the router takes ${clipViewCount} views per image, not ${count}`,
      );
    }
    const [imageEmbeddings, embedding, logits] = tf.tidy((): [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D] => {
      const embeddings = this.#tower.embed(views);
      const code = gelu(
        this.#linear("de_extractor.2", gelu(this.#linear("de_extractor.0", fuse(embeddings)))),
      );
      return [embeddings, code, this.#linear("cls_head", code)];
    });
    return { imageEmbeddings, embedding, logits };
  }

  /** Frees the device memory. */
  dispose(): void {
    this.#tower.dispose();
    tf.dispose([...this.#head.values()]);
    this.#head.clear();
  }

  #linear(name: (typeof headNames)[number], x: tf.Tensor2D): tf.Tensor2D {
    const get = (part: string): tf.Tensor => {
      const tensor = this.#head.get(`${name}.${part}`);
      if (tensor !== undefined) return tensor;
      throw new LimpidError("Disposed", "the router was used after disposal");
    };
    return tf.add(tf.matMul(x, get("weight") as tf.Tensor2D, false, true), get("bias"));
  }
}

/** The whole image's embedding beside the mean of its windows': [n * 5, d] to [n, 2d]. */
function fuse(embeddings: tf.Tensor2D): tf.Tensor2D {
  const [count, size] = embeddings.shape;
  const n = count / clipViewCount;
  const views: tf.Tensor3D = tf.reshape(embeddings, [n, clipViewCount, size]);
  const whole = tf.slice(views, [0, 0, 0], [n, 1, size]);
  const windows = tf.slice(views, [0, 1, 0], [n, clipViewCount - 1, size]);
  return tf.concat([tf.reshape(whole, [n, size]), tf.mean<tf.Tensor2D>(windows, 1)], 1);
}

function listHeadTensors(config: DgRouterConfig): readonly NeededTensor[] {
  const { tower, hiddenSize, embeddingSize, classes } = config;
  const sizes = [
    [hiddenSize, 2 * tower.projectionSize],
    [embeddingSize, hiddenSize],
    [classes, embeddingSize],
  ];
  return headNames.flatMap((name, index) => {
    const shape = sizes[index] ?? [];
    return [
      { name: `${name}.weight`, shape },
      { name: `${name}.bias`, shape: shape.slice(0, 1) },
    ];
  });
}

function isOfHead(name: string): boolean {
  return headNames.some((head) => name.startsWith(`${head}.`));
}

function headPart(file: TensorFile): TensorFile {
  return { tensors: new Map([...file.tensors].filter(([name]) => isOfHead(name))), metadata: file.metadata };
}

/** Everything else, without the prefix, so that what does not belong to the tower is refused under its own name. */
function towerPart(file: TensorFile): TensorFile {
  const tensors = new Map<string, HostTensor>();
  for (const [name, tensor] of file.tensors) {
    if (isOfHead(name)) continue;
    tensors.set(name.startsWith(towerPrefix) ? name.slice(towerPrefix.length) : name, tensor);
  }
  return { tensors, metadata: file.metadata };
}
