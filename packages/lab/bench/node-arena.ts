import { pathToFileURL } from "node:url";
import type { Arena, Lap } from "./arena.js";
import { Booth } from "./booth.js";
import type { ContestantFiles, ContestantName } from "./contestants/contestant.js";
import { GpuInstruments } from "./gpu-instruments.js";
import { packagePath, readModelFile, type BenchPlaces } from "./places.js";

/** Everybody in one process of Node, WebGPU being Dawn's. */
export class NodeArena implements Arena {
  readonly runtime = `Node ${process.version.slice(1)}`;
  readonly #booths = new Map<ContestantName, Booth>();
  readonly #files: ContestantFiles;
  readonly #instruments = new GpuInstruments();

  /**
   * @param places - where model and packages are
   * @param onnxModel - the network in ONNX's format
   */
  constructor(places: BenchPlaces, onnxModel: Uint8Array) {
    this.#instruments.install();
    this.#files = {
      readModel: (path) => readModelFile(places, path),
      readOnnxModel: () => Promise.resolve(onnxModel),
      packageFile: (path) => pathToFileURL(packagePath(places, path)).href,
    };
  }

  async open(name: ContestantName): Promise<number> {
    this.#instruments.onDevice = name === "onnx-webgpu" ? fitDawnToOnnxRuntime : undefined;
    const booth = await Booth.open(name, this.#files, this.#instruments, performance.now());
    this.#booths.set(name, booth);
    return booth.openedIn;
  }

  restoreFirst(name: ContestantName, side: number) {
    return this.#get(name).restoreFirst(side);
  }

  restore(name: ContestantName, side: number): Promise<Lap> {
    return takeTime(() => this.#get(name).restore(side));
  }

  count(name: ContestantName, side: number) {
    return this.#get(name).count(side);
  }

  async swap(name: ContestantName): Promise<Lap | undefined> {
    const booth = this.#get(name);
    return booth.hasExperts ? takeTime(() => booth.swap()) : undefined;
  }

  countLoaded(): undefined {
    return undefined;
  }

  async describeGpu(): Promise<string> {
    const adapter = await navigator.gpu.requestAdapter();
    return `WebGPU on ${adapter?.info.description || adapter?.info.device || "no adapter"}`;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #get(name: ContestantName): Booth {
    return this.#booths.get(name)!;
  }
}

async function takeTime(run: () => Promise<number>): Promise<Lap> {
  const before = process.cpuUsage();
  const wall = await run();
  const { user, system } = process.cpuUsage(before);
  return { wall, processor: (user + system) / 1000 };
}

/**
 * Works around what keeps ONNX Runtime from running on Dawn in Node: its memory is shared, which Dawn does not upload from,
 * and it waits for ever for pipelines that are compiled asynchronously.
 */
function fitDawnToOnnxRuntime(device: GPUDevice): void {
  const { queue } = device;
  const write = queue.writeBuffer.bind(queue);
  queue.writeBuffer = (buffer, offset, data, ...part) => {
    const view = data as Uint8Array<ArrayBuffer>;
    return write(buffer, offset, view.buffer instanceof SharedArrayBuffer ? view.slice() : view, ...part);
  };
  device.createComputePipelineAsync = (descriptor) =>
    Promise.resolve(device.createComputePipeline(descriptor));
}
