import { LimpidError } from "../base/index.js";
import type { TensorFile } from "../weights/index.js";
import { validateBackboneConfig, type BackboneConfig } from "./config.js";

/**
 * The config of a checkpoint of LoRA-IR's released code, from the names and shapes of its tensors; such checkpoints
 * carry no config. Experts among the tensors are passed over.
 *
 * @param file - a stage-1 or stage-2 checkpoint
 * @returns a config with modulators in the encoder and the middle only, and experts on every convolution
 * @throws {@link LimpidError} `WeightsCorrupt` if tensors that tell the sizes are missing, `InvalidConfig` if the sizes
 * contradict each other
 */
export function inferPublishedConfig(file: TensorFile): BackboneConfig {
  const levels = countIndices(file, /^downs\.(\d+)\./);
  const blocksOf = (path: string): number =>
    countIndices(file, new RegExp(`^${path.replace(".", "\\.")}\\.blocks\\.(\\d+)\\.`));
  const [width, imageChannels] = shapeOf(file, "intro.conv.weight");
  const [, embeddingSize] = shapeOf(file, "intro_de.0.conv.weight");
  const [hiddenSize] = shapeOf(file, "middle_blks.conv1.conv.weight");
  return validateBackboneConfig({
    imageChannels,
    width,
    encoderBlocks: Array.from({ length: levels }, (_, index) => blocksOf(`encoders.${index}`)),
    middleBlocks: blocksOf("middle_blks"),
    decoderBlocks: Array.from({ length: levels }, (_, index) => blocksOf(`decoders.${index}`)),
    embeddingSize,
    modulator: { hiddenSize, bottleneckDivisor: 16, minimumBottleneck: 1, decoder: false, shift: false },
    expertTargets: "all",
  });
}

/** How many consecutive indices from 0 the first group of a pattern matches among the names. */
function countIndices(file: TensorFile, pattern: RegExp): number {
  const indices = new Set<number>();
  for (const name of file.tensors.keys()) {
    const index = pattern.exec(name)?.[1];
    if (index !== undefined) indices.add(Number(index));
  }
  let count = 0;
  while (indices.has(count)) count++;
  return count;
}

function shapeOf(file: TensorFile, name: string): readonly number[] {
  const tensor = file.tensors.get(name);
  if (tensor === undefined) {
    throw new LimpidError("WeightsCorrupt", `not a checkpoint of LoRA-IR's restorer: ${name} is missing`, {
      details: { missing: [name] },
    });
  }
  return tensor.shape;
}
