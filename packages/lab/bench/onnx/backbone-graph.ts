import {
  listBackboneParameters,
  listStages,
  matchTensors,
  squareChannels,
  type BackboneConfig,
} from "../../../../src/sdk/backbone/index.js";
import type { TensorFile } from "../../../../src/sdk/weights/index.js";
import { OnnxGraphBuilder, type OnnxGraph } from "./graph.js";

/** NAFNet's LayerNorm2d. */
const layerNormalizationEpsilon = 1e-6;

/**
 * The backbone in ONNX's operators: `image` [1, 3, height, width] and `embedding` [1, embeddingSize, 1, 1] go in,
 * `restored` comes out, not clipped. Height and width are multiples of the backbone's stride. Channel attention pools over
 * the image that goes in.
 *
 * Normalisation's weight and bias and the residuals' scales are folded into the convolutions next to them, as both of
 * Limpid's executors do; a runtime that is compared with them is not to compute more than they do.
 *
 * @param file - the weights, in PyTorch's layout
 * @param config - the network
 * @throws {@link LimpidError} `WeightsCorrupt` if the tensors do not fit the network
 */
export function makeBackboneGraph(file: TensorFile, config: BackboneConfig): OnnxGraph {
  const found = matchTensors(file, listBackboneParameters(config), "the backbone");
  const graph = new BackboneGraph(config, (name) => found(name).toFloat32());
  return graph.make();
}

class BackboneGraph {
  readonly #config: BackboneConfig;
  readonly #read: (name: string) => Float32Array;
  readonly #graph = new OnnxGraphBuilder();

  constructor(config: BackboneConfig, read: (name: string) => Float32Array) {
    this.#config = config;
    this.#read = read;
  }

  make(): OnnxGraph {
    const { imageChannels, embeddingSize, width, unshuffle = 1 } = this.#config;
    const levels = this.#config.encoderBlocks.length;
    const channels = squareChannels(this.#config);
    const shared = this.#shareEmbedding();
    let x = this.#intro(channels, unshuffle);
    const skips: string[] = [];
    for (const { path, level, channels, blocks, modulated } of listStages(this.#config)) {
      const isDecoder = path.startsWith("decoders.");
      if (isDecoder) x = this.#double(`ups.${levels - 1 - level}.0`, x, skips.pop()!, channels);
      if (modulated) x = this.#modulate(path, x, shared, channels);
      for (const block of blocks) x = this.#runBlock(block, x, channels);
      if (isDecoder || level === levels) continue;
      skips.push(x);
      x = this.#convolve(`downs.${level}`, x, channels, 2 * channels, { kernel: 2, stride: 2 });
    }
    let change = this.#convolve("ending", x, width, channels, { kernel: 3 });
    if (unshuffle > 1) {
      change = this.#graph.add("DepthToSpace", "change", [change], { blocksize: unshuffle, mode: "CRD" });
    }
    const restored = this.#graph.add("Add", "restored", [change, "image"]);
    const shape = [1, imageChannels, "height", "width"];
    return this.#graph.finish(
      [
        { name: "image", shape },
        { name: "embedding", shape: [1, embeddingSize, 1, 1] },
      ],
      [{ name: restored, shape }],
    );
  }

  /** ONNX orders the channels of squares (row, column, C), PyTorch, and so the weights, (C, row, column). */
  #intro(channels: number, unshuffle: number): string {
    const { imageChannels, width } = this.#config;
    if (unshuffle === 1) return this.#convolve("intro", "image", imageChannels, width, { kernel: 3 });
    const squares = this.#graph.add("SpaceToDepth", "squares", ["image"], { blocksize: unshuffle });
    const kernel = this.#read("intro.conv.weight");
    const area = unshuffle ** 2;
    const ordered = kernel.map((_, index) => {
      const [output, channel, tap] = [
        Math.floor(index / 9 / channels),
        Math.floor(index / 9) % channels,
        index % 9,
      ];
      const source = (channel % imageChannels) * area + Math.floor(channel / imageChannels);
      return kernel[(output * channels + source) * 9 + tap]!;
    });
    const shape = [width, channels, 3, 3] as const;
    return this.#addConvolution("intro", squares, [...shape], ordered, this.#read("intro.conv.bias"), 1, 1);
  }

  #shareEmbedding(): string {
    const { embeddingSize: size } = this.#config;
    const first = this.#gelu("intro_de.1", this.#convolve("intro_de.0", "embedding", size, size));
    return this.#gelu("intro_de.3", this.#convolve("intro_de.2", first, size, size));
  }

  /** LoRA-IR's modulator: `x + normalize(x) * scale + offset`, both computed from the embedding. */
  #modulate(path: string, x: string, shared: string, channels: number): string {
    const { hiddenSize, shift } = this.#config.modulator;
    const bottleneck = this.#read(`${path}.conv3.conv.bias`).length;
    const hidden = this.#gelu(
      `${path}.hidden`,
      this.#convolve(`${path}.conv1`, shared, this.#config.embeddingSize, hiddenSize),
    );
    const expanded = this.#convolve(`${path}.conv2`, hidden, hiddenSize, channels);
    const reduced = this.#convolve(`${path}.conv3`, expanded, channels, bottleneck);
    const active = this.#graph.add("Relu", `${path}.active`, [reduced]);
    const restored = this.#convolve(`${path}.conv4`, active, bottleneck, channels);
    const gate = this.#graph.add("Sigmoid", `${path}.gate`, [restored]);
    const beta = this.#read(`${path}.beta`);
    const scaled = (name: string): string =>
      this.#graph.add("Mul", `${path}.${name}`, [
        gate,
        this.#graph.constant(
          `${path}.${name}.factor`,
          [1, channels, 1, 1],
          this.#read(`${path}.norm.${name}`).map((value, index) => value * beta[index]!),
        ),
      ]);
    const scale = scaled("weight");
    let offset = scaled("bias");
    if (shift) {
      const moved = this.#convolve(`${path}.shift`, hidden, hiddenSize, channels);
      offset = this.#graph.add("Add", `${path}.offset`, [offset, moved]);
    }
    const product = this.#graph.add("Mul", `${path}.product`, [this.#normalize(`${path}.norm`, x), scale]);
    const change = this.#graph.add("Add", `${path}.change`, [product, offset]);
    return this.#graph.add("Add", `${path}.modulated`, [x, change]);
  }

  /** A NAFNet block (arXiv 2204.04676). */
  #runBlock(path: string, x: string, channels: number): string {
    const c = channels;
    const expanded = this.#convolveNormalized(`${path}.norm1`, `${path}.conv1`, x, c);
    const spread = this.#convolve(`${path}.conv2`, expanded, 2 * c, 2 * c, { kernel: 3, groups: 2 * c });
    const gated = this.#gate(`${path}.gate1`, spread);
    const pooled = this.#graph.add("GlobalAveragePool", `${path}.sca.0`, [gated]);
    const attention = this.#convolve(`${path}.sca.1`, pooled, c, c);
    const attended = this.#graph.add("Mul", `${path}.attended`, [gated, attention]);
    const projected = this.#convolve(`${path}.conv3`, attended, c, c, { scale: `${path}.beta` });
    const y = this.#graph.add("Add", `${path}.mixed`, [x, projected]);
    const wide = this.#convolveNormalized(`${path}.norm2`, `${path}.conv4`, y, c);
    const fed = this.#convolve(`${path}.conv5`, this.#gate(`${path}.gate2`, wide), c, c, {
      scale: `${path}.gamma`,
    });
    return this.#graph.add("Add", `${path}.fed`, [y, fed]);
  }

  #gate(name: string, x: string): string {
    return this.#graph.add("Mul", name, this.#graph.halve(name, x, 1));
  }

  /** Twice the resolution: a 1x1 convolution, pixel shuffle, and the skip. */
  #double(path: string, x: string, skip: string, channels: number): string {
    const kernel = this.#graph.constant(
      `${path}.weight`,
      [4 * channels, 2 * channels, 1, 1],
      this.#read(`${path}.conv.weight`),
    );
    const wide = this.#graph.add("Conv", `${path}.conv`, [x, kernel], { kernel_shape: [1, 1] });
    // PyTorch's pixel shuffle orders channels (C, row, column).
    const shuffled = this.#graph.add("DepthToSpace", `${path}.shuffled`, [wide], {
      blocksize: 2,
      mode: "CRD",
    });
    return this.#graph.add("Add", `${path}.joined`, [shuffled, skip]);
  }

  /** Zero mean and unit variance over the channels of each pixel. */
  #normalize(name: string, x: string): string {
    const axes = { axes: [1], keepdims: 1 };
    const mean = this.#graph.add("ReduceMean", `${name}.mean`, [x], axes);
    const centered = this.#graph.add("Sub", `${name}.centered`, [x, mean]);
    const square = this.#graph.add("Mul", `${name}.square`, [centered, centered]);
    const variance = this.#graph.add("ReduceMean", `${name}.variance`, [square], axes);
    const epsilon = this.#graph.constant("epsilon", [], Float32Array.of(layerNormalizationEpsilon));
    const deviation = this.#graph.add("Sqrt", `${name}.deviation`, [
      this.#graph.add("Add", `${name}.safe`, [variance, epsilon]),
    ]);
    return this.#graph.add("Div", `${name}.normalized`, [centered, deviation]);
  }

  #gelu(name: string, x: string): string {
    const scaled = this.#graph.add("Mul", `${name}.scaled`, [
      x,
      this.#graph.constant("rootOfHalf", [], Float32Array.of(Math.SQRT1_2)),
    ]);
    const error = this.#graph.add("Erf", `${name}.erf`, [scaled]);
    const one = this.#graph.constant("one", [], Float32Array.of(1));
    const sum = this.#graph.add("Add", `${name}.sum`, [error, one]);
    const product = this.#graph.add("Mul", `${name}.product`, [x, sum]);
    const half = this.#graph.constant("half", [], Float32Array.of(0.5));
    return this.#graph.add("Mul", `${name}.gelu`, [product, half]);
  }

  /** A 1x1 convolution to twice the channels, of affinely normalised features. */
  #convolveNormalized(norm: string, path: string, x: string, channels: number): string {
    const kernel = this.#read(`${path}.conv.weight`).slice();
    const bias = this.#read(`${path}.conv.bias`).slice();
    const weight = this.#read(`${norm}.weight`);
    const offset = this.#read(`${norm}.bias`);
    for (let index = 0; index < kernel.length; index++) {
      const input = index % channels;
      bias[Math.floor(index / channels)]! += kernel[index]! * offset[input]!;
      kernel[index]! *= weight[input]!;
    }
    return this.#addConvolution(path, this.#normalize(norm, x), [2 * channels, channels, 1, 1], kernel, bias);
  }

  #convolve(
    path: string,
    x: string,
    inputs: number,
    outputs: number,
    options: { kernel?: number; stride?: number; groups?: number; scale?: string } = {},
  ): string {
    const { kernel: size = 1, stride = 1, groups = 1, scale } = options;
    let kernel = this.#read(`${path}.conv.weight`);
    let bias = this.#read(`${path}.conv.bias`);
    if (scale !== undefined) {
      const factors = this.#read(scale);
      const length = kernel.length / outputs;
      kernel = kernel.map((value, index) => value * factors[Math.floor(index / length)]!);
      bias = bias.map((value, index) => value * factors[index]!);
    }
    return this.#addConvolution(
      path,
      x,
      [outputs, inputs / groups, size, size],
      kernel,
      bias,
      stride,
      groups,
    );
  }

  #addConvolution(
    path: string,
    x: string,
    shape: readonly [number, number, number, number],
    kernel: Float32Array,
    bias: Float32Array,
    stride = 1,
    groups = 1,
  ): string {
    const size = shape[2];
    const pad = stride === 1 ? (size - 1) / 2 : 0;
    return this.#graph.add(
      "Conv",
      path,
      [
        x,
        this.#graph.constant(`${path}.weight`, shape, kernel),
        this.#graph.constant(`${path}.bias`, [shape[0]], bias),
      ],
      {
        kernel_shape: [size, size],
        strides: [stride, stride],
        pads: [pad, pad, pad, pad],
        group: groups,
      },
    );
  }
}
