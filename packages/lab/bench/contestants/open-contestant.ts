import type { Contestant, ContestantFiles, ContestantName } from "./contestant.js";

/**
 * Readies a contestant. Each one's code is loaded apart, so that a page loads no other's.
 *
 * @param name - which one
 * @param files - where its parts are
 * @throws whatever keeps it from starting here
 */
export async function openContestant(name: ContestantName, files: ContestantFiles): Promise<Contestant> {
  switch (name) {
    case "wgsl-f32":
    case "wgsl-f16": {
      const { openWgsl } = await import("./wgsl.js");
      return openWgsl(name === "wgsl-f32" ? "f32" : "f16", files);
    }
    case "wasm": {
      const { openWasm } = await import("./wasm.js");
      return openWasm(files);
    }
    case "tfjs-webgpu":
    case "tfjs-wasm": {
      const { openTfjs } = await import("./tfjs.js");
      return openTfjs(name === "tfjs-webgpu" ? "webgpu" : "wasm", files);
    }
    case "onnx-webgpu":
    case "onnx-wasm": {
      const { openOnnxRuntime } = await import("./onnx-runtime.js");
      return openOnnxRuntime(name === "onnx-webgpu" ? "webgpu" : "wasm", files);
    }
    case "upscaler-wasm":
    case "upscaler-webgl": {
      const { openUpscaler } = await import("./upscaler.js");
      return openUpscaler(name === "upscaler-wasm" ? "wasm" : "webgl", files);
    }
  }
}
