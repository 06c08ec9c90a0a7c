import { makeEmbedding } from "../test-image.js";
import type { Contestant, ContestantFiles } from "./contestant.js";

/** As much of ONNX Runtime Web as is used here; it is loaded as its own file, as it is published. */
interface OnnxRuntime {
  readonly env: { readonly wasm: { numThreads: number }; logLevel: string };
  readonly Tensor: new (type: "float32", data: Float32Array, sides: readonly number[]) => OnnxTensor;
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: { executionProviders: readonly string[]; graphOptimizationLevel: "all" },
    ): Promise<OnnxSession>;
  };
}

interface OnnxTensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
  dispose(): void;
}

interface OnnxSession {
  readonly inputMetadata: readonly { readonly name: string; readonly shape: readonly (number | string)[] }[];
  run(inputs: Readonly<Record<string, OnnxTensor>>): Promise<{ readonly restored: OnnxTensor }>;
}

const bundles = { webgpu: "ort.webgpu.bundle.min.mjs", wasm: "ort.wasm.bundle.min.mjs" };

/**
 * ONNX Runtime Web on the exported network, whose tile and embedding go in and whose result comes out in main memory. One
 * thread: a page has more only with cross-origin isolation.
 */
export async function openOnnxRuntime(
  provider: "webgpu" | "wasm",
  files: ContestantFiles,
): Promise<Contestant> {
  const address = files.packageFile(`onnxruntime-web/dist/${bundles[provider]}`);
  const [runtime, model] = await Promise.all([
    import(address) as Promise<OnnxRuntime>,
    files.readOnnxModel(),
  ]);
  runtime.env.wasm.numThreads = 1;
  runtime.env.logLevel = "error";
  const session = await runtime.InferenceSession.create(model, {
    executionProviders: [provider],
    graphOptimizationLevel: "all",
  });
  const size = Number(session.inputMetadata.find(({ name }) => name === "embedding")!.shape[1]);
  const embedding = new runtime.Tensor("float32", makeEmbedding(size), [1, size, 1, 1]);
  return {
    async restore({ width, height, rgb }) {
      const image = new runtime.Tensor("float32", toPlanes(rgb), [1, 3, height, width]);
      const { restored } = await session.run({ image, embedding });
      return toPixels(restored.data);
    },
  };
}

/** Pixels to planes: ONNX's order. Some 0.2 ms for a tile of 256 pixels. */
function toPlanes(rgb: Float32Array): Float32Array {
  const planes = new Float32Array(rgb.length);
  const pixels = rgb.length / 3;
  for (let channel = 0; channel < 3; channel++) {
    for (let pixel = 0; pixel < pixels; pixel++) planes[channel * pixels + pixel] = rgb[pixel * 3 + channel]!;
  }
  return planes;
}

function toPixels(planes: Float32Array): Float32Array {
  const rgb = new Float32Array(planes.length);
  const pixels = planes.length / 3;
  for (let channel = 0; channel < 3; channel++) {
    for (let pixel = 0; pixel < pixels; pixel++) rgb[pixel * 3 + channel] = planes[channel * pixels + pixel]!;
  }
  return rgb;
}
