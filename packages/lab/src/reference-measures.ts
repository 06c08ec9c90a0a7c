import * as tf from "@tensorflow/tfjs-core";
import {
  backboneStride,
  BackboneWeights,
  globalPooling,
  inferPublishedConfig,
  localPooling,
  runBackbone,
  type AttentionPooling,
} from "../../../src/sdk/backbone/index.js";
import { LimpidError } from "../../../src/sdk/base/index.js";
import { mergeExperts, publishedBase, publishedExperts, routeTopK } from "../../../src/sdk/experts/index.js";
import { PixelImage } from "../../../src/sdk/image/index.js";
import {
  clipStandardDeviation,
  clipViews,
  DgRouter,
  inferDgRouterConfig,
} from "../../../src/sdk/router/index.js";
import type { HostTensor, TensorFile } from "../../../src/sdk/weights/index.js";

/** What a case compares with. */
export interface Reference {
  /** Inputs, outputs, and notes on how they came about. */
  readonly io: TensorFile;
  /** The network's weights; empty for `views`. */
  readonly weights: TensorFile;
  /** The network's config as the published code names its fields, as far as a file tells it. */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Stage 1, with attention pooled over the whole image.
 *
 * @param reference - `input`, `de_prior` and the output
 * @param outputName - the name of the output
 * @returns the largest absolute difference
 */
export async function measureGlobal({ io, weights }: Reference, outputName: string): Promise<number> {
  return measureStage1(io, weights, outputName, globalPooling);
}

/**
 * Stage 1, with attention pooled over the windows that the metadata of the inputs names.
 *
 * @param reference - `input`, `de_prior` and `output_local`; metadata `base_size` and `train_size`
 * @returns the largest absolute difference
 */
export async function measureLocal({ io, weights }: Reference): Promise<number> {
  const stride = backboneStride(inferPublishedConfig(weights));
  return measureStage1(io, weights, "output_local", publishedLocalPooling(io.metadata, stride));
}

async function measureStage1(
  io: TensorFile,
  file: TensorFile,
  outputName: string,
  pooling: AttentionPooling,
): Promise<number> {
  const weights = BackboneWeights.fromTensorFile(file, inferPublishedConfig(file));
  try {
    const output = tf.tidy(() =>
      runBackbone(weights, uploadImages(io, "input"), uploadMatrix(io, "de_prior"), { pooling }),
    );
    return await differenceOfImages(output, tensorOf(io, outputName).toFloat32());
  } finally {
    weights.dispose();
  }
}

/** Windows of 1.5 x the training crop, as it is once padded to the stride. */
function publishedLocalPooling(metadata: TensorFile["metadata"], stride: number): AttentionPooling {
  const base = parseSize(metadata, "base_size");
  const train = parseSize(metadata, "train_size");
  const window = (axis: 0 | 1): number =>
    (Math.ceil(train[axis] / stride) * stride * base[axis]) / train[axis];
  return localPooling([window(0), window(1)]);
}

function parseSize(metadata: TensorFile["metadata"], name: string): [height: number, width: number] {
  const size: unknown = JSON.parse(metadata[name] ?? "null");
  if (
    Array.isArray(size) &&
    size.length === 2 &&
    size.every((side) => typeof side === "number" && side > 0)
  ) {
    return size as [number, number];
  }
  throw new LimpidError(
    "InvalidTensorFile",
    `metadata ${name} is ${metadata[name]}, expected [height, width]`,
  );
}

/**
 * Stage 2: each image with the k experts that its logits choose.
 *
 * @param reference - `input`, `de_prior`, `router_logits` and `output`; config field `lora_alpha`, if known
 * @param k - how many experts the gate keeps
 * @returns the largest absolute difference
 */
export async function measureExperts({ io, weights, config }: Reference, k: number): Promise<number> {
  const backbone = inferPublishedConfig(weights);
  const alpha = config.lora_alpha;
  const experts = publishedExperts(weights, backbone, typeof alpha === "number" ? { alpha } : {});
  const base = BackboneWeights.fromTensorFile(publishedBase(weights), backbone);
  try {
    const count = tensorOf(io, "input").shape[0] ?? 0;
    let difference = 0;
    for (let index = 0; index < count; index++) {
      const gates = routeTopK(sliceFirstAxis(tensorOf(io, "router_logits"), index), k);
      const mixture = experts.map((expert, position) => ({ expert, weight: gates[position] ?? 0 }));
      const merged = mergeExperts(base, mixture);
      try {
        const output = tf.tidy(() => {
          const image = tf.slice(uploadImages(io, "input"), [index, 0, 0, 0], [1, -1, -1, -1]);
          return runBackbone(merged, image, tf.slice(uploadMatrix(io, "de_prior"), [index, 0], [1, -1]));
        });
        const expected = sliceFirstAxis(tensorOf(io, "output"), index);
        difference = Math.max(difference, await differenceOfImages(output, expected));
      } finally {
        merged.dispose();
      }
    }
    return difference;
  } finally {
    base.dispose();
  }
}

/**
 * The published router.
 *
 * @param reference - `views`, `image_embeds`, `de_prior` and `logits`; config fields of the vision tower, if known
 * @returns the largest absolute difference of the three outputs
 */
export async function measureRouter({ io, weights, config }: Reference): Promise<number> {
  const imageSize = tensorOf(io, "views").shape.at(-1);
  const router = DgRouter.fromTensorFile(
    weights,
    inferDgRouterConfig(weights, { image_size: imageSize, ...config }),
  );
  try {
    const { imageEmbeddings, embedding, logits } = tf.tidy(() => ({
      ...router.run(uploadImages(io, "views")),
    }));
    return Math.max(
      await differenceOf(imageEmbeddings, tensorOf(io, "image_embeds").toFloat32()),
      await differenceOf(embedding, tensorOf(io, "de_prior").toFloat32()),
      await differenceOf(logits, tensorOf(io, "logits").toFloat32()),
    );
  } finally {
    router.dispose();
  }
}

/**
 * The views that the published router takes of an image.
 *
 * @param reference - `image_hwc_u8` [h, w, 3] and the normalised `views` [5, 3, s, s]
 * @returns the largest absolute difference once the normalisation is undone, in intensities of 0..1
 */
export function measureViews({ io }: Reference): number {
  const [height = 0, width = 0, channels] = tensorOf(io, "image_hwc_u8").shape;
  const data = Uint8Array.from(tensorOf(io, "image_hwc_u8").toFloat32());
  const image = new PixelImage({ width, height, channels: channels as 3, data });
  const size = tensorOf(io, "views").shape.at(-1) ?? 0;
  const actual = clipViews(image, size); // [5, size, size, 3]
  const expected = tensorOf(io, "views").toFloat32(); // [5, 3, size, size]
  if (expected.length !== actual.length) return Number.NaN;
  const plane = size * size;
  let difference = 0;
  for (let index = 0; index < actual.length; index++) {
    const channel = (index % 3) as 0 | 1 | 2;
    const pixel = Math.floor(index / 3);
    const reference =
      expected[(Math.floor(pixel / plane) * 3 + channel) * plane + (pixel % plane)] ?? Number.NaN;
    const normalized = Math.abs((actual[index] ?? Number.NaN) - reference);
    difference = Math.max(difference, normalized * clipStandardDeviation[channel]);
  }
  return difference;
}

function tensorOf(file: TensorFile, name: string): HostTensor {
  const tensor = file.tensors.get(name);
  if (tensor === undefined) throw new LimpidError("InvalidTensorFile", `the reference has no tensor ${name}`);
  return tensor;
}

/** One entry along the first axis of [n, ...]. */
function sliceFirstAxis(tensor: HostTensor, index: number): Float32Array {
  const length = tensor.size / (tensor.shape[0] ?? 1);
  return tensor.toFloat32().slice(index * length, (index + 1) * length);
}

function upload(file: TensorFile, name: string): tf.Tensor {
  const tensor = tensorOf(file, name);
  return tf.tensor(tensor.toFloat32().slice(), [...tensor.shape], "float32");
}

function uploadMatrix(file: TensorFile, name: string): tf.Tensor2D {
  return upload(file, name) as tf.Tensor2D;
}

/** Images [..., C, H, W] as [n, H, W, C]. */
function uploadImages(file: TensorFile, name: string): tf.Tensor4D {
  const images = upload(file, name);
  const [channels = 0, height = 0, width = 0] = images.shape.slice(-3);
  const planar: tf.Tensor4D = tf.reshape(images, [-1, channels, height, width]);
  return tf.transpose(planar, [0, 2, 3, 1]);
}

/** Compares images [n, H, W, C], which are disposed, with ones in PyTorch's layout. */
async function differenceOfImages(images: tf.Tensor4D, expected: Float32Array): Promise<number> {
  const planar = tf.transpose(images, [0, 3, 1, 2]);
  images.dispose();
  return differenceOf(planar, expected);
}

/** The largest absolute difference; NaN if the sizes differ or a value is not a number. Disposes the tensor. */
async function differenceOf(tensor: tf.Tensor, expected: Float32Array): Promise<number> {
  const actual = await tensor.data();
  tensor.dispose();
  if (actual.length !== expected.length) return Number.NaN;
  let difference = 0;
  for (let index = 0; index < expected.length; index++) {
    difference = Math.max(
      difference,
      Math.abs((actual[index] ?? Number.NaN) - (expected[index] ?? Number.NaN)),
    );
  }
  return difference;
}
