import type { PixelBlock } from "../../../../src/sdk/engine/index.js";

/** Everybody who can be measured. */
export const contestantNames = [
  "wgsl-f32",
  "wgsl-f16",
  "wasm",
  "tfjs-webgpu",
  "tfjs-wasm",
  "onnx-webgpu",
  "onnx-wasm",
  "upscaler-wasm",
  "upscaler-webgl",
] as const;

/** One who is measured. */
export type ContestantName = (typeof contestantNames)[number];

/** How tables call them. */
export const contestantTitles: Readonly<Record<ContestantName, string>> = {
  "wgsl-f32": "Limpid wgsl f32",
  "wgsl-f16": "Limpid wgsl f16",
  wasm: "Limpid wasm",
  "tfjs-webgpu": "Limpid tfjs, WebGPU",
  "tfjs-wasm": "Limpid tfjs, WebAssembly",
  "onnx-webgpu": "ONNX Runtime Web, WebGPU",
  "onnx-wasm": "ONNX Runtime Web, WebAssembly",
  "upscaler-wasm": "UpscalerJS, WebAssembly",
  "upscaler-webgl": "UpscalerJS, WebGL",
};

/** Whether it runs another network for another task: twice the size, so that only its time per pixel says something. */
export const isOtherTask = (name: ContestantName): boolean => name.startsWith("upscaler-");

/** Someone who restores tiles, with the shipped weights unless {@link isOtherTask}. */
export interface Contestant {
  /**
   * Restores a tile, from pixels in memory to pixels in memory. Channel attention pools over the tile.
   *
   * @param block - a square whose side is a multiple of the network's stride
   * @returns the restored pixels in the same order, not clipped
   */
  restore(block: PixelBlock): Promise<Float32Array>;

  /**
   * Merges a mixture of two experts; undefined if the contestant has no experts.
   *
   * @param weight - of both experts; a new one is a new mixture
   * @returns resolves when the device has nothing left to do
   */
  readonly swap?: (weight: number) => Promise<void>;

  /** What it calls the device that it runs on, if it says so. */
  readonly device?: string;
}

/** Where a contestant finds what it needs. */
export interface ContestantFiles {
  /**
   * Reads a file of the model.
   *
   * @param path - relative to the model's folder
   */
  readModel(path: string): Promise<Uint8Array>;
  /** The address of a file of one of the bench's packages, such as `onnxruntime-web/dist/ort.min.mjs`. */
  packageFile(path: string): string;
  /** The shipped network in ONNX's format. */
  readOnnxModel(): Promise<Uint8Array>;
  /** The folder of tfjs's `.wasm` files, with a slash at its end; undefined where they are found by themselves. */
  readonly wasmPath?: string;
}
