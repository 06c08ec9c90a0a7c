import {
  listBackboneParameters,
  validateBackboneConfig,
  type BackboneConfig,
} from "../sdk/backbone/index.js";
import { factorShapes, listExpertTargets } from "../sdk/experts/index.js";
import { listRouterParameters, validateCompactRouterConfig } from "../sdk/router/index.js";
import {
  HostTensor,
  serializeSafetensors,
  sha256Hex,
  tensorBytesSha256,
  type TensorFile,
} from "../sdk/weights/index.js";

/** What a test can choose of the model. */
export interface TinyModelOptions {
  /** Seeds the weights; 1 if left out. */
  readonly seed?: number;
  /** Degradations that the router knows, the first two of which have an expert. */
  readonly degradations?: readonly string[];
  /** Added to every logit: 20 makes the router find everything in every image, -20 nothing. 0 if left out. */
  readonly bias?: number;
  /** Probability from which a degradation counts beside a more probable one; the model says nothing of it if left out. */
  readonly secondThreshold?: number | undefined;
  /** Largest weight of the router; at 0 it says the same of every image. 0.4 if left out. */
  readonly routerScale?: number;
  /** Largest weight of the backbone, which at 0.1 changes little; 0.4 if left out. */
  readonly scale?: number;
}

/** The tiny backbone: two levels, stride 2. */
const tinyConfig: BackboneConfig = validateBackboneConfig({
  imageChannels: 3,
  width: 4,
  encoderBlocks: [1],
  middleBlocks: 1,
  decoderBlocks: [1],
  embeddingSize: 8,
  modulator: { hiddenSize: 4, bottleneckDivisor: 16, minimumBottleneck: 2, decoder: true, shift: true },
  expertTargets: "pointwise",
});

const routerConfig = validateCompactRouterConfig({
  architecture: "limpid.router",
  windowSize: 16,
  sceneSize: 32,
  detail: { widths: [4, 4], strides: [2, 2], kernelSizes: [3, 3], pooled: [1] },
  scene: { widths: [4, 4], strides: [2, 2], kernelSizes: [3, 3], pooled: [0, 1] },
  hiddenSize: 8,
  embeddingSize: 8,
  classifierSize: 8,
});

/**
 * The files of a complete model with random weights, small enough that a restore takes milliseconds: for tests of code that
 * uses Limpid, not to repair anything. Its experts are `tiny.first` and `tiny.second`.
 *
 * @param options - seed, degradations, and what the router finds
 * @returns bytes by path, for `modelFromFiles` or to be written to a folder
 *
 * @example
 * ```ts
 * const limpid = await createLimpid({ model: modelFromFiles(makeTinyModel({ bias: 20 })), backend: "cpu" });
 * ```
 */
export function makeTinyModel(options: TinyModelOptions = {}): ReadonlyMap<string, Uint8Array> {
  const {
    seed = 1,
    degradations = ["noise", "jpeg", "rain"],
    bias = 0,
    routerScale = 0.4,
    secondThreshold,
    scale = 0.4,
  } = options;
  const random = seededRandom(seed);
  const values = (shape: readonly number[], scale: number): HostTensor => {
    const size = shape.reduce((product, side) => product * side, 1);
    const data = Float32Array.from({ length: size }, () => (random() * 2 - 1) * scale);
    return HostTensor.fromFloat32(shape, data, "F16");
  };
  const files = new Map<string, Uint8Array>();
  const add = (file: string, content: TensorFile) => {
    const bytes = serializeSafetensors(content);
    files.set(file, bytes);
    return { file, size: bytes.byteLength, sha256: sha256Hex(bytes) };
  };
  const backbone: TensorFile = {
    tensors: new Map(
      listBackboneParameters(tinyConfig).map(({ name, shape }) => [name, values(shape, scale)]),
    ),
    metadata: {},
  };
  const base = tensorBytesSha256(backbone);
  const router: TensorFile = {
    tensors: new Map(
      listRouterParameters(routerConfig, degradations.length).map(({ name, shape }) => [
        name,
        name === "cls_head.2.bias"
          ? HostTensor.fromFloat32(shape, new Float32Array(degradations.length).fill(bias), "F16")
          : values(shape, routerScale),
      ]),
    ),
    metadata: {},
  };
  const experts = degradations.slice(0, 2).map((degradation, index) => {
    const id = `tiny.${index === 0 ? "first" : "second"}`;
    const tensors = new Map<string, HostTensor>();
    for (const target of listExpertTargets(tinyConfig)) {
      const shapes = factorShapes(target, 2);
      tensors.set(`${target.path}.lora_A`, values(shapes.a, 0.5));
      tensors.set(`${target.path}.lora_B`, values(shapes.b, 0.5));
    }
    const metadata = {
      "limpid.format": "1",
      "limpid.expert": id,
      "limpid.base.id": "limpid.tiny",
      "limpid.base.sha256": base,
      "limpid.rank": "2",
      "limpid.alpha": "4",
      "limpid.degradations": JSON.stringify([degradation]),
    };
    const file = add(`experts/${index}.safetensors`, { tensors, metadata });
    return { id, ...file, degradations: [degradation], rank: 2, alpha: 4, strength: 1 };
  });
  const manifest = {
    formatVersion: 1,
    id: "limpid.tiny",
    version: "0.0.1",
    license: "Apache-2.0",
    backbone: { ...add("backbone.safetensors", backbone), tensorSha256: base, config: tinyConfig },
    router: {
      ...add("router.safetensors", router),
      config: routerConfig,
      degradations,
      threshold: 0.5,
      secondThreshold,
    },
    experts,
  };
  files.set("model.json", new TextEncoder().encode(JSON.stringify(manifest)));
  return files;
}

/** Mulberry32: enough for weights of a test. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
