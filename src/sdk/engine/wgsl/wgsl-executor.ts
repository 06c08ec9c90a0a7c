import {
  listBackboneParameters,
  listStages,
  matchTensors,
  type BackboneConfig,
} from "../../backbone/index.js";
import { LimpidError } from "../../base/index.js";
import type { Expert, FactorStoreOptions, MixtureEntry } from "../../experts/index.js";
import { tensorBytesSha256, type TensorFile } from "../../weights/index.js";
import type { Executor, ExecutorRun } from "../executor.js";
import { type WebgpuDevice, isSoftware } from "../webgpu-device.js";
import { modulateOnHost, type ReadParameter } from "../host-modulation.js";
import { requireKernels } from "../require-kernels.js";
import { activeEntries } from "../run-input.js";
import { foldWeights } from "./fold-weights.js";
import type { KernelOptions } from "./kernels/kernel.js";
import { mergeKernel } from "./kernels/merge.js";
import { maximumChannels, tileThreads, tileVectors } from "./kernels/tile.js";
import { Merger } from "./merger.js";
import { compileKernels, type CompileProgress } from "./pipelines.js";
import { layOutVectors, listKernels, type VectorLayout } from "./plan.js";
import { bytesPerValue, type Precision } from "./precision.js";
import { TileRunner, type RunSlot } from "./tile-runner.js";
import { layOutWeights, type WeightLayout } from "./weight-layout.js";
import { WgslRun } from "./wgsl-run.js";

/** How to prepare a {@link WgslExecutor}. */
export interface WgslExecutorOptions {
  /** How features and weights are stored; `"auto"`, the default, is half floats where the device has them. */
  readonly precision?: "auto" | Precision;
  /**
   * Whether blocks of few channels are computed whole, in one dispatch. It halves the memory traffic, and computes more
   * than a software GPU saves by it; if left out, it is done on real GPUs.
   */
  readonly wholeBlocks?: boolean;
  /** How many experts stay on the device between runs. */
  readonly resident?: FactorStoreOptions;
  /** Told after each shader that is compiled. */
  readonly onProgress?: CompileProgress;
}

/**
 * The fast executor: the backbone in fused WebGPU kernels. A block takes one dispatch
 * or two where tfjs takes some forty, a tile is one submission, and between the tiles of an image nothing is allocated or
 * compiled. Its results are those of {@link TfjsExecutor}, to rounding.
 */
export class WgslExecutor implements Executor {
  readonly [Symbol.dispose] = (): void => this.dispose();
  readonly kind = "wgsl";
  readonly backend = "webgpu";
  readonly precision: Precision;
  readonly #device: WebgpuDevice;
  readonly #config: BackboneConfig;
  readonly #read: ReadParameter;
  readonly #sha256: string;
  readonly #vectorLayout: VectorLayout;
  readonly #weightBytes: number;
  readonly #merger: Merger;
  readonly #runner: TileRunner;
  /** The base's folded weights in single precision, from which experts are merged. */
  readonly #base: GPUBuffer;
  /** The base alone in the executor's precision; the same buffer if that is single precision. */
  readonly #plain: GPUBuffer;
  /** Slots of ended runs, by whether they have weights of their own: a new mixture allocates nothing. */
  readonly #idle: Record<"plain" | "merged", RunSlot[]> = { plain: [], merged: [] };
  #runs = 0;
  #disposed = false;

  private constructor(parts: {
    readonly device: WebgpuDevice;
    readonly config: BackboneConfig;
    readonly squareSide: number;
    readonly layout: WeightLayout;
    readonly read: ReadParameter;
    readonly sha256: string;
    readonly options: KernelOptions;
    readonly pipelines: ReadonlyMap<string, GPUComputePipeline>;
    readonly resident: FactorStoreOptions;
  }) {
    const { device: owner, config, squareSide, layout, read, options, pipelines } = parts;
    const { precision } = options;
    this.precision = precision;
    this.#device = owner;
    const device = owner.gpu;
    this.#config = config;
    this.#read = read;
    this.#sha256 = parts.sha256;
    this.#vectorLayout = layOutVectors(config);
    this.#weightBytes = layout.length * 4 * bytesPerValue(precision);
    this.#base = device.createBuffer({
      label: "base weights",
      size: layout.length * 16,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    device.queue.writeBuffer(this.#base, 0, foldWeights(layout, read) as Float32Array<ArrayBuffer>);
    const kernel = mergeKernel(options);
    const pipeline = pipelines.get(kernel.key)!;
    this.#merger = new Merger({
      device,
      layout,
      base: this.#base,
      read,
      kernel,
      pipeline,
      resident: parts.resident,
    });
    this.#plain = this.#base;
    if (precision !== "f32") {
      this.#plain = this.#makeWeights();
      this.#merger.merge([], this.#plain);
    }
    this.#runner = new TileRunner({ device: owner, config, squareSide, layout, options, pipelines });
  }

  /**
   * Compiles the kernels and uploads the base.
   *
   * @param device - it stays the caller's and must outlive the executor
   * @returns the executor, for the caller to dispose
   * @throws {@link LimpidError} `BackendUnavailable` with the reason if the kernels do not run this network, or do not
   * compile on this device: `tfjs` runs it then. `WeightsCorrupt` if the tensors do not fit the network, `DeviceLost`,
   * `Disposed`
   */
  static async prepare(
    device: WebgpuDevice,
    file: TensorFile,
    config: BackboneConfig,
    options: WgslExecutorOptions = {},
  ): Promise<WgslExecutor> {
    device.check();
    const found = matchTensors(file, listBackboneParameters(config), "the backbone");
    requireKernels(config, "the fused WebGPU kernels", maximumChannels);
    const kernelOptions = chooseOptions(device.gpu, config, options);
    // The kernels see squares as pixels of more channels.
    const { unshuffle: squareSide = 1, ...rest } = config;
    const network = { ...rest, imageChannels: config.imageChannels * squareSide ** 2 };
    const layout = layOutWeights(network);
    const kernels = [...listKernels(network, layout, kernelOptions), mergeKernel(kernelOptions)];
    const pipelines = await compileKernels(device.gpu, kernels, options.onProgress).catch(
      (error: unknown) => {
        device.check(); // a device that is lost compiles nothing
        throw error;
      },
    );
    device.check();
    return new WgslExecutor({
      device,
      config: network,
      squareSide,
      layout,
      read: (name) => found(name).toFloat32(),
      sha256: tensorBytesSha256(file),
      options: kernelOptions,
      pipelines,
      resident: options.resident ?? {},
    });
  }

  get byteSize(): number {
    if (this.#disposed) return 0;
    let size = this.#base.size + this.#merger.byteSize + this.#runner.byteSize;
    if (this.#plain !== this.#base) size += this.#plain.size;
    for (const { weights, vectors } of this.#idle.merged) size += weights.size + vectors.size;
    for (const { vectors } of this.#idle.plain) size += vectors.size;
    return size;
  }

  begin(mixture: readonly MixtureEntry[], embedding: Float32Array): ExecutorRun {
    if (this.#disposed) throw new LimpidError("Disposed", "an executor was used after disposal");
    const active = activeEntries(mixture, embedding, { sha256: this.#sha256, config: this.#config });
    this.#device.check();
    const kind = active.length === 0 ? "plain" : "merged";
    const slot = this.#idle[kind].pop() ?? this.#makeSlot(kind);
    try {
      if (kind === "merged") {
        this.#merger.merge(active, slot.weights);
        this.#merger.trim();
      }
      const vectors = new Float32Array(this.#vectorLayout.size / 4);
      modulateOnHost(this.#config, this.#read, embedding, (path) =>
        vectors.subarray(this.#vectorLayout.modulations.get(path)!.offset / 4),
      );
      this.#device.gpu.queue.writeBuffer(slot.vectors, 0, vectors);
    } catch (error) {
      this.#idle[kind].push(slot);
      throw error;
    }
    this.#runs++;
    return new WgslRun(this.#runner, slot, () => this.#end(kind, slot));
  }

  releaseExperts(isNeeded: (expert: Expert) => boolean): void {
    if (!this.#disposed) this.#merger.trim(isNeeded);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const kind of ["plain", "merged"] as const) {
      for (const slot of this.#idle[kind]) this.#destroySlot(kind, slot);
      this.#idle[kind] = [];
    }
    this.#runner.dispose();
    this.#merger.dispose();
    if (this.#plain !== this.#base) this.#plain.destroy();
    this.#base.destroy();
  }

  #end(kind: "plain" | "merged", slot: RunSlot): void {
    this.#runs--;
    slot.bindGroups.clear();
    if (this.#disposed) this.#destroySlot(kind, slot);
    else this.#idle[kind].push(slot);
    // Between images only the weights stay.
    if (this.#runs === 0) this.#runner.release();
  }

  #makeSlot(kind: "plain" | "merged"): RunSlot {
    return {
      weights: kind === "plain" ? this.#plain : this.#makeWeights(),
      vectors: this.#device.gpu.createBuffer({
        label: "modulation and attention",
        size: this.#vectorLayout.size,
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
      }),
      bindGroups: new Map(),
    };
  }

  #destroySlot(kind: "plain" | "merged", { weights, vectors }: RunSlot): void {
    vectors.destroy();
    if (kind === "merged") weights.destroy();
  }

  #makeWeights(): GPUBuffer {
    return this.#device.gpu.createBuffer({
      label: "weights",
      size: this.#weightBytes,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.UNIFORM,
    });
  }
}

function chooseOptions(
  device: GPUDevice,
  config: BackboneConfig,
  { precision: wanted = "auto", wholeBlocks = !isSoftware(device.adapterInfo) }: WgslExecutorOptions,
): KernelOptions {
  const hasHalf = device.features.has("shader-f16");
  if (wanted === "f16" && !hasHalf) {
    throw new LimpidError("BackendUnavailable", "this GPU has no half floats (shader-f16)");
  }
  const widest = Math.max(...listStages(config).map(({ channels }) => channels));
  const threads = tileThreads(device.limits, wholeBlocks);
  return {
    wholeBlocks,
    precision: wanted === "auto" ? (hasHalf ? "f16" : "f32") : wanted,
    threads,
    tileVectors: tileVectors(widest, threads),
  };
}
