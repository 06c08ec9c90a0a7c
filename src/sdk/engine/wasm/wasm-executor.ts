import { listBackboneParameters, matchTensors, type BackboneConfig } from "../../backbone/index.js";
import { LimpidError, TurnQueue } from "../../base/index.js";
import type { Expert, FactorStoreOptions, MixtureEntry } from "../../experts/index.js";
import { tensorBytesSha256, type TensorFile } from "../../weights/index.js";
import type { Executor } from "../executor.js";
import { modulateOnHost, type ReadParameter } from "../host-modulation.js";
import { requireKernels } from "../require-kernels.js";
import { activeEntries } from "../run-input.js";
import { ExpertMerger } from "./expert-merger.js";
import { compileKernels } from "./kernels.js";
import { keptMemory, Machine, type MachineOptions } from "./machine.js";
import { packWeights } from "./pack-weights.js";
import { layOutVectors } from "./vector-layout.js";
import { WasmRun, type WithMachine } from "./wasm-run.js";
import { layOutWeights } from "./weight-layout.js";

/** How to prepare a {@link WasmExecutor}. */
export interface WasmExecutorOptions {
  /** How many experts stay in memory between runs. */
  readonly resident?: FactorStoreOptions;
  /** Most memory that a pass may take, weights included, in bytes; as much as there is if left out. */
  readonly memoryLimit?: number;
}

/**
 * The fast executor without a GPU: the backbone in fused WebAssembly kernels, a block over strips of rows that stay in the
 * processor's cache. Its results are those of {@link TfjsExecutor}, to rounding.
 */
export class WasmExecutor implements Executor {
  readonly [Symbol.dispose] = (): void => this.dispose();
  readonly kind = "wasm";
  readonly backend = "wasm";
  /** What a machine for this network is made from, here or on another thread. */
  readonly machineOptions: MachineOptions;
  readonly #config: BackboneConfig;
  readonly #read: ReadParameter;
  readonly #sha256: string;
  readonly #base: Float32Array;
  readonly #merger: ExpertMerger;
  readonly #turns = new TurnQueue();
  #machine: Machine | undefined;
  #runs = 0;
  #disposed = false;

  private constructor(
    module: WebAssembly.Module,
    config: BackboneConfig,
    file: TensorFile,
    { resident = {}, memoryLimit }: WasmExecutorOptions,
  ) {
    const found = matchTensors(file, listBackboneParameters(config), "the backbone");
    this.#read = (name) => found(name).toFloat32();
    this.machineOptions = { module, config, memoryLimit };
    this.#config = config;
    this.#sha256 = tensorBytesSha256(file);
    const layout = layOutWeights(config);
    this.#base = packWeights(layout, config, this.#read);
    this.#merger = new ExpertMerger(module, layout, this.#base, this.#read, resident);
  }

  /**
   * Compiles the kernels and packs the base.
   *
   * @returns the executor, for the caller to dispose
   * @throws {@link LimpidError} `BackendUnavailable` with the reason if the kernels do not run here or not this network:
   * `tfjs` runs it then. `WeightsCorrupt` if the tensors do not fit the network
   */
  static async prepare(
    file: TensorFile,
    config: BackboneConfig,
    options: WasmExecutorOptions = {},
  ): Promise<WasmExecutor> {
    requireKernels(config, "the WebAssembly kernels");
    return new WasmExecutor(await compileKernels(), config, file, options);
  }

  get byteSize(): number {
    if (this.#disposed) return 0;
    return this.#base.byteLength + this.#merger.byteSize + (this.#machine?.byteSize ?? 0);
  }

  begin(mixture: readonly MixtureEntry[], embedding: Float32Array): WasmRun {
    if (this.#disposed) throw new LimpidError("Disposed", "an executor was used after disposal");
    const active = activeEntries(mixture, embedding, { sha256: this.#sha256, config: this.#config });
    const ownsWeights = active.length > 0;
    const weights = ownsWeights ? this.#merger.merge(active) : this.#base;
    const layout = layOutVectors(this.#config);
    const vectors = new Float32Array(layout.length);
    modulateOnHost(this.#config, this.#read, embedding, (path) => {
      const start = layout.modulations.get(path)!;
      return vectors.subarray(start);
    });
    this.#runs++;
    const program = { weights, vectors, isMeasured: false };
    return new WasmRun(this.#withMachine, program, ownsWeights, () => this.#end());
  }

  releaseExperts(isNeeded: (expert: Expert) => boolean): void {
    if (!this.#disposed) this.#merger.trim(isNeeded);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#machine = undefined;
  }

  /** Calls take turns: the memory holds one pass. */
  readonly #withMachine: WithMachine = (task) =>
    this.#turns.add(() => {
      if (this.#disposed) throw new LimpidError("Disposed", "an executor was used after disposal");
      this.#machine ??= new Machine(this.machineOptions);
      return task(this.#machine);
    });

  #end(): void {
    this.#runs--;
    if (this.#runs === 0 && (this.#machine?.byteSize ?? 0) > keptMemory) this.#machine = undefined;
  }
}
