import type { NeededTensor } from "../backbone/index.js";
import { LimpidError } from "../base/index.js";
import type { TensorFile } from "../weights/index.js";

/** CLIP's vision transformer with its projection, Hugging Face's `CLIPVisionModelWithProjection`. */
export interface ClipVisionConfig {
  /** Side of the input in pixels. What is left beside whole patches is not seen. */
  readonly imageSize: number;
  /** Side of a patch in pixels. */
  readonly patchSize: number;
  /** Length of a token. */
  readonly hiddenSize: number;
  /** Length of the hidden layer of each feed-forward part. */
  readonly intermediateSize: number;
  /** Transformer layers. */
  readonly layers: number;
  /** Attention heads of each layer; divides `hiddenSize`. */
  readonly heads: number;
  /** Length of the image embedding. */
  readonly projectionSize: number;
  /** Activation of the feed-forward part: `quick_gelu` is `x * sigmoid(1.702 x)`, as OpenAI trained it. */
  readonly activation: "quick_gelu" | "gelu";
}

/** Length of a head in every CLIP model that OpenAI released. */
const usualHeadSize = 64;

/**
 * The config of a vision tower, from the names and shapes of its tensors and what they cannot tell.
 *
 * @param file - the tower's tensors under their Hugging Face names, from `vision_model.` on
 * @param published - the model's config in Hugging Face's fields, if there is one: `num_attention_heads`,
 * `hidden_act` and `image_size` are read from it. Without it, heads have 64 channels, the activation is `quick_gelu`, and
 * the patches cover the image
 * @throws {@link LimpidError} `WeightsCorrupt` if a tensor that tells a size is missing, `InvalidConfig` if the sizes
 * contradict each other
 */
export function inferClipVisionConfig(
  file: TensorFile,
  published: Readonly<Record<string, unknown>> = {},
): ClipVisionConfig {
  const embeddings = "vision_model.embeddings";
  const [hiddenSize = 0] = shapeOf(file, `${embeddings}.class_embedding`);
  const [, , patchSize = 0] = shapeOf(file, `${embeddings}.patch_embedding.weight`);
  const [positions = 0] = shapeOf(file, `${embeddings}.position_embedding.weight`);
  const [intermediateSize = 0] = shapeOf(file, "vision_model.encoder.layers.0.mlp.fc1.weight");
  const [projectionSize = 0] = shapeOf(file, "visual_projection.weight");
  let layers = 0;
  while (file.tensors.has(`vision_model.encoder.layers.${layers}.mlp.fc1.weight`)) layers++;
  const side = Math.sqrt(positions - 1);
  const heads = published.num_attention_heads ?? Math.max(1, Math.floor(hiddenSize / usualHeadSize));
  const activation = published.hidden_act ?? "quick_gelu";
  const imageSize = published.image_size ?? side * patchSize;
  const problems: string[] = [];
  if (!Number.isSafeInteger(side) || side < 1) {
    problems.push(`${positions} position embeddings are not those of a square of patches and a class token`);
  }
  if (!Number.isSafeInteger(imageSize) || Math.floor((imageSize as number) / patchSize) !== side) {
    problems.push(
      `an image of ${JSON.stringify(imageSize)} pixels has not ${side} patches of ${patchSize} along a side`,
    );
  }
  if (!isDivisor(heads, hiddenSize)) {
    problems.push(`${JSON.stringify(heads)} attention heads do not divide ${hiddenSize} channels`);
  }
  if (activation !== "quick_gelu" && activation !== "gelu") {
    problems.push(`activation ${JSON.stringify(activation)} is neither quick_gelu nor gelu`);
  }
  if (problems.length > 0) {
    throw new LimpidError("InvalidConfig", `the vision tower's config is invalid: ${problems.join("; ")}`, {
      details: { problems },
    });
  }
  return Object.freeze({
    imageSize: imageSize as number,
    patchSize,
    hiddenSize,
    intermediateSize,
    layers,
    heads: heads as number,
    projectionSize,
    activation: activation as ClipVisionConfig["activation"],
  });
}

/** Every tensor of a vision tower, under its Hugging Face name and in PyTorch's layout. */
export function listClipVisionTensors(config: ClipVisionConfig): readonly NeededTensor[] {
  const { imageSize, patchSize, hiddenSize, intermediateSize, layers, projectionSize } = config;
  const positions = Math.floor(imageSize / patchSize) ** 2 + 1;
  const normalization = (name: string): NeededTensor[] => [
    { name: `${name}.weight`, shape: [hiddenSize] },
    { name: `${name}.bias`, shape: [hiddenSize] },
  ];
  const linear = (name: string, inputs: number, outputs: number): NeededTensor[] => [
    { name: `${name}.weight`, shape: [outputs, inputs] },
    { name: `${name}.bias`, shape: [outputs] },
  ];
  const layer = (path: string): NeededTensor[] => [
    ...normalization(`${path}.layer_norm1`),
    ...["q_proj", "k_proj", "v_proj", "out_proj"].flatMap((name) =>
      linear(`${path}.self_attn.${name}`, hiddenSize, hiddenSize),
    ),
    ...normalization(`${path}.layer_norm2`),
    ...linear(`${path}.mlp.fc1`, hiddenSize, intermediateSize),
    ...linear(`${path}.mlp.fc2`, intermediateSize, hiddenSize),
  ];
  const embeddings = "vision_model.embeddings";
  return [
    { name: `${embeddings}.class_embedding`, shape: [hiddenSize] },
    { name: `${embeddings}.patch_embedding.weight`, shape: [hiddenSize, 3, patchSize, patchSize] },
    { name: `${embeddings}.position_embedding.weight`, shape: [positions, hiddenSize] },
    ...normalization("vision_model.pre_layrnorm"), // the upstream spelling
    ...Array.from({ length: layers }, (_, index) => layer(`vision_model.encoder.layers.${index}`)).flat(),
    ...normalization("vision_model.post_layernorm"),
    { name: "visual_projection.weight", shape: [projectionSize, hiddenSize] },
  ];
}

function isDivisor(value: unknown, dividend: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1 && dividend % (value as number) === 0;
}

function shapeOf(file: TensorFile, name: string): readonly number[] {
  const tensor = file.tensors.get(name);
  if (tensor === undefined) {
    throw new LimpidError("WeightsCorrupt", `not a CLIP vision tower: ${name} is missing`, {
      details: { missing: [name] },
    });
  }
  return tensor.shape;
}
