import type { Contestant, ContestantFiles } from "./contestant.js";

interface UpscalerTensor {
  data(): Promise<ArrayLike<number>>;
  dispose(): void;
}

/** As much of tfjs 4.11 as is used here: UpscalerJS's own, a script of the page. */
interface UpscalerTfjs {
  setBackend(name: string): Promise<boolean>;
  getBackend(): string;
  ready(): Promise<void>;
  tensor3d(values: Float32Array, shape: readonly number[], type: "float32"): UpscalerTensor;
  readonly wasm?: { setWasmPaths(prefix: string): void };
}

interface UpscalerScripts {
  readonly tf: UpscalerTfjs;
  readonly Upscaler: new (options: { readonly model: object }) => {
    execute(image: UpscalerTensor, options: { readonly output: "tensor" }): Promise<UpscalerTensor>;
  };
  readonly DefaultUpscalerJSModel: object;
}

/** UpscalerJS with its default model, which makes pictures twice as large; in a page of its own, since tfjs is its own. */
export async function openUpscaler(backend: "wasm" | "webgl", files: ContestantFiles): Promise<Contestant> {
  if (!("document" in globalThis)) throw new Error("UpscalerJS's scripts want a page");
  const scripts = [
    "@tensorflow/tfjs/dist/tf.min.js",
    ...(backend === "wasm" ? ["@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.min.js"] : []),
    "@upscalerjs/default-model/dist/umd/index.min.js",
    "upscaler/dist/browser/umd/upscaler.min.js",
  ];
  for (const script of scripts) await loadScript(files.packageFile(script));
  const { tf, Upscaler, DefaultUpscalerJSModel } = globalThis as unknown as UpscalerScripts;
  tf.wasm?.setWasmPaths(files.packageFile("@tensorflow/tfjs-backend-wasm/dist/"));
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs 4.11 does not start ${backend}`);
  await tf.ready();
  const path = files.packageFile("@upscalerjs/default-model/models/model.json");
  const upscaler = new Upscaler({ model: { ...DefaultUpscalerJSModel, path } });
  return {
    device: tf.getBackend(),
    async restore({ width, height, rgb }) {
      const image = tf.tensor3d(
        rgb.map((value) => value * 255),
        [height, width, 3],
        "float32",
      );
      const larger = await upscaler.execute(image, { output: "tensor" });
      const values = await larger.data();
      image.dispose();
      larger.dispose();
      return Float32Array.from(values, (value) => value / 255);
    },
  };
}

function loadScript(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(`${address} does not load`));
    document.head.append(script);
  });
}
