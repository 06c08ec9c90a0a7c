import { matchTensors, type NeededTensor } from "../backbone/index.js";
import { joinFloats, LimpidError } from "../base/index.js";
import { compileKernels, denseLayer, geluOf } from "../engine/index.js";
import type { PixelImage, Rect } from "../image/index.js";
import type { TensorFile } from "../weights/index.js";
import { toAnalysis, type Analysis } from "./analysis.js";
import type { CompactRouterConfig, RouterEncoderConfig } from "./compact-config.js";
import { compactViews, windowCells, type CompactViews } from "./compact-views.js";
import {
  PlainStack,
  readLayers,
  type ConvolutionStack,
  type FeatureMap,
  type StackLayer,
} from "./convolution-stack.js";
import { inputChannels, poolCells, withDetail } from "./features.js";
import { WasmStack } from "./wasm-stack.js";

const encoders = ["detail", "scene"] as const;
type EncoderName = (typeof encoders)[number];
/** A pooled layer's mean, deviation and maximum. */
const poolings = 3;

/** Pixels of an image whose views are taken in the time in which one pixel of a view is encoded. */
const pixelsPerViewPixel = 26;

/** What the compact router computes of one image, or of one part of it. */
export interface CompactRouterOutput {
  /** Before the sigmoid, one for each degradation. */
  readonly logits: Float32Array;
  /** The degradation embedding, [embeddingSize]. */
  readonly embedding: Float32Array;
}

/** How a {@link CompactRouter} computes. */
export interface CompactRouterOptions {
  /** Plain code instead of WebAssembly kernels, which are left out where they do not run. */
  readonly isPlain?: boolean;
}

/**
 * The router that ships: LoRA-IR's two branches, global and sliding-window, made small enough for a browser and seeing
 * its windows at native resolution. Each branch is a stack of strided convolutions, pooled to the mean, deviation and
 * maximum of every channel: what fills the image, varies in it, is rare in it. Mean and maximum of the windows and the
 * scene go through the DG-Router's MLP to the degradation embedding, and through another to one independent probability
 * per degradation. It computes on the processor, which takes less time than a GPU needs to be ready.
 */
export class CompactRouter {
  readonly config: CompactRouterConfig;
  /** The degradations that it knows, in the order of its outputs. */
  readonly degradations: readonly string[];
  readonly #stacks: Readonly<Record<EncoderName, ConvolutionStack>>;
  readonly #linear: ReadonlyMap<string, Float32Array>;

  private constructor(
    config: CompactRouterConfig,
    degradations: readonly string[],
    stacks: Readonly<Record<EncoderName, ConvolutionStack>>,
    linear: ReadonlyMap<string, Float32Array>,
  ) {
    this.config = config;
    this.degradations = degradations;
    this.#stacks = stacks;
    this.#linear = linear;
  }

  /**
   * Prepares a router.
   *
   * @param file - exactly the network's tensors, in PyTorch's layout
   * @param config - the network
   * @param degradations - names of its outputs
   * @param options - how to compute
   * @throws {@link LimpidError} `WeightsCorrupt` if tensors are missing, unknown or misshapen; `OutOfMemory`
   */
  static async prepare(
    file: TensorFile,
    config: CompactRouterConfig,
    degradations: readonly string[],
    { isPlain = false }: CompactRouterOptions = {},
  ): Promise<CompactRouter> {
    const needed = listRouterParameters(config, degradations.length);
    const found = matchTensors(file, needed, "the router");
    const module = isPlain ? undefined : await compileKernels().catch(ignoreUnavailable);
    const stackOf = (name: EncoderName): ConvolutionStack => {
      const layers = readLayers(config[name], inputChannels, (layer, part) =>
        found(`${name}_encoder.layers.${layer}.${part}`).toFloat32(),
      );
      return makeStack(module, layers, config[name].pooled);
    };
    const linear = needed.filter(({ name }) => !name.includes("_encoder."));
    return new CompactRouter(
      config,
      degradations,
      { detail: stackOf("detail"), scene: stackOf("scene") },
      new Map(linear.map(({ name }) => [name, found(name).toFloat32()])),
    );
  }

  /** Bytes of memory that the kernels keep. */
  get byteSize(): number {
    return this.#stacks.detail.byteSize + this.#stacks.scene.byteSize;
  }

  /**
   * The forward pass.
   *
   * @param views - what {@link compactViews} took
   * @param hasWindows - whether it looks at each window by itself, too
   * @param onPixels - told how many pixels of the views are done, whenever one is; waited for
   * @returns the image's output, and below it, if they are wanted, one for each window with its part of the scene
   */
  async run(
    views: CompactViews,
    hasWindows = false,
    onPixels?: (done: number) => unknown,
  ): Promise<readonly CompactRouterOutput[]> {
    const { windowSize: size } = this.config;
    const [rows, columns] = views.grid;
    const local: Float32Array[] = [];
    for (let index = 0; index < rows * columns; index++) {
      const length = size * size * 3;
      const window = views.windows.subarray(index * length, (index + 1) * length);
      const maps = await this.#stacks.detail.run(withDetail(window, size, size));
      local.push(joinFloats(maps.map((map) => poolCells(map))));
      await onPixels?.((index + 1) * size * size);
    }
    const [height, width] = views.sceneShape;
    const maps = await this.#stacks.scene.run(withDetail(views.scene, height, width));
    const seen = joinFloats(maps.map((map) => poolCells(map)));
    const image = this.#head(joinFloats([mean(local), maximum(local), seen]));
    if (!hasWindows) return [image];
    // The mean and the maximum of one window are that window.
    const windows = local.map((window, index) =>
      this.#head(
        joinFloats([window, window, ...maps.map((map) => poolCells(map, cellOf(map, index, views.grid)))]),
      ),
    );
    return [image, ...windows];
  }

  /**
   * Says what is wrong with an image.
   *
   * @param image - the photo, any size; colour under transparent pixels should have been bled
   * @param hasWindows - whether it says of each window, too, what is wrong with it
   * @param onProgress - told the share that is done, 0 to 1; waited for
   * @returns the probabilities, and the embedding for the backbone
   */
  async analyze(
    image: PixelImage,
    hasWindows = false,
    onProgress?: (share: number) => unknown,
  ): Promise<Analysis> {
    const views = compactViews(image, this.config);
    const looked = (image.width * image.height) / pixelsPerViewPixel;
    const all = looked + (views.windows.length + views.scene.length) / 3;
    const onPixels = onProgress && ((done: number): unknown => onProgress((looked + done) / all));
    await onPixels?.(0);
    const [whole, ...parts] = await this.run(views, hasWindows, onPixels);
    await onProgress?.(1);
    const analysisOf = ({ logits, embedding }: CompactRouterOutput): Analysis =>
      toAnalysis(this.degradations, logits, embedding);
    if (!hasWindows) return analysisOf(whole!);
    const cells = windowCells(views);
    return {
      ...analysisOf(whole!),
      windows: parts.map((part, index) => ({ rect: cells[index]!, ...analysisOf(part) })),
    };
  }

  /** Features to logits and embedding. */
  #head(features: Float32Array): CompactRouterOutput {
    const layer = (name: string, input: ArrayLike<number>): Float64Array =>
      denseLayer(this.#linear.get(`${name}.weight`)!, this.#linear.get(`${name}.bias`)!, input);
    const code = layer("de_extractor.2", layer("de_extractor.0", features).map(geluOf)).map(geluOf);
    const logits = layer("cls_head.2", layer("cls_head.0", features).map(geluOf));
    return { logits: Float32Array.from(logits), embedding: Float32Array.from(code) };
  }
}

function ignoreUnavailable(error: unknown): undefined {
  if (!LimpidError.is(error, "BackendUnavailable")) throw error;
}

function makeStack(
  module: WebAssembly.Module | undefined,
  layers: readonly StackLayer[],
  pooled: readonly number[],
): ConvolutionStack {
  return module !== undefined && WasmStack.runs(layers)
    ? new WasmStack(module, layers, pooled)
    : new PlainStack(layers, pooled);
}

function mean(rows: readonly Float32Array[]): Float32Array {
  return rows[0]!.map((_, index) => rows.reduce((sum, row) => sum + row[index]!, 0) / rows.length);
}

function maximum(rows: readonly Float32Array[]): Float32Array {
  return rows[0]!.map((_, index) => Math.max(...rows.map((row) => row[index]!)));
}

/** The part of a map that belongs to cell `index` of a grid, a cell of the map at least. */
function cellOf(map: FeatureMap, index: number, [rows, columns]: readonly [number, number]): Rect {
  const range = (at: number, count: number, size: number): readonly [number, number] => {
    const start = Math.min(size - 1, Math.floor((at * size) / count));
    return [start, Math.max(1, Math.ceil(((at + 1) * size) / count) - start)];
  };
  const [y, height] = range(Math.floor(index / columns), rows, map.height);
  const [x, width] = range(index % columns, columns, map.width);
  return { x, y, width, height };
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
