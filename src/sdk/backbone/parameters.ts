import { bottleneckSize, channelsAtLevel, squareChannels, type BackboneConfig } from "./config.js";

/**
 * What a parameter is, which decides its layout on the device:
 *
 * - `convolution`: kernel [out, in, k, k], on the device [k, k, in, out];
 * - `depthwise`: kernel [C, 1, k, k], on the device [k, k, C, 1];
 * - `upsampling`: 1x1 kernel [4C, in, 1, 1] whose output a pixel shuffle spreads; on the device [1, 1, in, 4C] with the
 *   output channels in the order (row, column, C) instead of PyTorch's (C, row, column);
 * - `vector`: a bias or normalisation parameter [C], the same on the device;
 * - `scale`: a residual's scale [1, C, 1, 1], on the device [1, 1, 1, C].
 */
export type ParameterKind = "convolution" | "depthwise" | "upsampling" | "vector" | "scale";

/** One tensor of the backbone's weights. */
export interface BackboneParameter {
  /** Its name in published checkpoints, such as `encoders.0.blocks.0.conv1.conv.weight`. */
  readonly name: string;
  /** Its shape in PyTorch's layout. */
  readonly shape: readonly number[];
  /** What it is. */
  readonly kind: ParameterKind;
}

/** A stage of the U-shape: a modulator, if it has one, and NAFNet blocks at one resolution. */
export interface BackboneStage {
  /** Module path, such as `encoders.0`, `middle_blks` or `decoders.0`. */
  readonly path: string;
  /** 0 at the first resolution, that of the padded image or of its squares; the features are 2^level times smaller. */
  readonly level: number;
  /** Channels of its features. */
  readonly channels: number;
  /** Module paths of its NAFNet blocks, in order. */
  readonly blocks: readonly string[];
  /** Whether a modulator comes before its blocks. */
  readonly modulated: boolean;
}

/** The stages of a backbone in the order in which they run: encoder, middle, decoder. */
export function listStages(config: BackboneConfig): readonly BackboneStage[] {
  const { encoderBlocks, middleBlocks, decoderBlocks, modulator } = config;
  const levels = encoderBlocks.length;
  const stage = (path: string, level: number, count: number, modulated: boolean): BackboneStage => ({
    path,
    level,
    channels: channelsAtLevel(config, level),
    blocks: Array.from({ length: count }, (_, index) => `${path}.blocks.${index}`),
    modulated,
  });
  return [
    ...encoderBlocks.map((count, index) => stage(`encoders.${index}`, index, count, true)),
    stage("middle_blks", levels, middleBlocks, true),
    ...decoderBlocks.map((count, index) =>
      stage(`decoders.${index}`, levels - 1 - index, count, modulator.decoder),
    ),
  ];
}

/**
 * Every parameter of a backbone, under the names of the published checkpoints. The sum of their sizes is the model's
 * parameter count: 68.87 M for the published width 64, blocks [1, 1, 1, 28]-1-[1, 1, 1, 1].
 */
export function listBackboneParameters(config: BackboneConfig): readonly BackboneParameter[] {
  const { width, embeddingSize } = config;
  const list = new ParameterList();
  list.convolution("intro_de.0", embeddingSize, embeddingSize, 1);
  list.convolution("intro_de.2", embeddingSize, embeddingSize, 1);
  list.convolution("intro", squareChannels(config), width, 3);
  const levels = config.encoderBlocks.length;
  for (const stage of listStages(config)) {
    const { path, channels, level } = stage;
    const isDecoder = path.startsWith("decoders.");
    if (isDecoder) {
      list.add(`ups.${levels - 1 - level}.0.conv.weight`, [4 * channels, 2 * channels, 1, 1], "upsampling");
    }
    if (stage.modulated) addModulator(list, config, path, channels);
    for (const block of stage.blocks) addBlock(list, block, channels);
    if (!isDecoder && level < levels) list.convolution(`downs.${level}`, channels, 2 * channels, 2);
  }
  list.convolution("ending", width, squareChannels(config), 3);
  return list.parameters;
}

function addModulator(list: ParameterList, config: BackboneConfig, path: string, channels: number): void {
  const { hiddenSize, shift } = config.modulator;
  const bottleneck = bottleneckSize(config, channels);
  list.normalization(`${path}.norm`, channels);
  list.convolution(`${path}.conv1`, config.embeddingSize, hiddenSize, 1);
  list.convolution(`${path}.conv2`, hiddenSize, channels, 1);
  list.convolution(`${path}.conv3`, channels, bottleneck, 1);
  list.convolution(`${path}.conv4`, bottleneck, channels, 1);
  if (shift) list.convolution(`${path}.shift`, hiddenSize, channels, 1);
  list.add(`${path}.beta`, [1, channels, 1, 1], "scale");
}

function addBlock(list: ParameterList, path: string, channels: number): void {
  list.normalization(`${path}.norm1`, channels);
  list.convolution(`${path}.conv1`, channels, 2 * channels, 1);
  list.add(`${path}.conv2.conv.weight`, [2 * channels, 1, 3, 3], "depthwise");
  list.add(`${path}.conv2.conv.bias`, [2 * channels], "vector");
  list.convolution(`${path}.sca.1`, channels, channels, 1);
  list.convolution(`${path}.conv3`, channels, channels, 1);
  list.add(`${path}.beta`, [1, channels, 1, 1], "scale");
  list.normalization(`${path}.norm2`, channels);
  list.convolution(`${path}.conv4`, channels, 2 * channels, 1);
  list.convolution(`${path}.conv5`, channels, channels, 1);
  list.add(`${path}.gamma`, [1, channels, 1, 1], "scale");
}

class ParameterList {
  readonly parameters: BackboneParameter[] = [];

  add(name: string, shape: readonly number[], kind: ParameterKind): void {
    this.parameters.push({ name, shape, kind });
  }

  convolution(path: string, inputs: number, outputs: number, kernelSize: number): void {
    this.add(`${path}.conv.weight`, [outputs, inputs, kernelSize, kernelSize], "convolution");
    this.add(`${path}.conv.bias`, [outputs], "vector");
  }

  normalization(path: string, channels: number): void {
    this.add(`${path}.weight`, [channels], "vector");
    this.add(`${path}.bias`, [channels], "vector");
  }
}
