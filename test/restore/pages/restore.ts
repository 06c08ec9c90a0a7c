// Runs in a page and in a worker: restores a small picture with the shipped model and answers with its bytes.
import { readPixels } from "../../../src/adapters/canvas/index.js";
import { createLimpid, encodePng, PixelImage, type BackendName } from "../../../src/sdk/index.js";

/** What a test asks for. */
export interface Request {
  readonly backend: "auto" | BackendName;
  readonly width: number;
  readonly height: number;
  readonly data: readonly number[];
}

/** What it gets. */
export interface Response {
  readonly backend: BackendName;
  readonly reasons: readonly string[];
  readonly data: readonly number[];
}

async function restore({ backend, width, height, data }: Request): Promise<Response> {
  const reasons: string[] = [];
  const limpid = await createLimpid({
    model: new URL("/models/", location.href),
    wasmPath: "/node_modules/@tensorflow/tfjs-backend-wasm/dist/",
    backend,
    worker: false,
    onBackendChange: ({ reason }) => reasons.push(reason),
  });
  const photo = new PixelImage({ width, height, channels: 3, data: Uint8Array.from(data) });
  const result = await limpid.restore(photo, { experts: [], tileSize: 32 });
  limpid.dispose();
  return { backend: result.backend, reasons, data: [...result.image.data] };
}

/** Restores a picture as each kind of a page's image, and says what it got and whether the pixels are those of the first. */
async function restoreKinds({ width, height, data }: Request): Promise<readonly string[]> {
  const limpid = await createLimpid({
    model: new URL("/models/", location.href),
    wasmPath: "/node_modules/@tensorflow/tfjs-backend-wasm/dist/",
    backend: "wasm",
    worker: false,
  });
  const photo = new PixelImage({ width, height, channels: 3, data: Uint8Array.from(data) });
  const options = { experts: [], tileSize: 32 };
  const expected = (await limpid.restore(photo, options)).image.toImageData();
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d")!.putImageData(photo.toImageData(), 0, 0);
  const offscreen = new OffscreenCanvas(width, height);
  offscreen.getContext("2d")!.putImageData(photo.toImageData(), 0, 0);
  const seen: string[] = [];
  for (const source of [
    photo.toImageData(),
    await createImageBitmap(photo.toImageData()),
    canvas,
    offscreen,
    new File([new Uint8Array(await encodePng(photo))], "photo.png"),
  ]) {
    const { image } = await limpid.restore(source, options);
    const pixels = (await readPixels(image)).image.toImageData();
    const isSame = pixels.data.every((value, index) => value === expected.data[index]);
    seen.push(`${Object.prototype.toString.call(image).slice(8, -1)} ${isSame ? "same" : "different"}`);
  }
  limpid.dispose();
  return seen;
}

if (typeof document === "undefined") {
  addEventListener("message", ({ data }: MessageEvent<Request>) => {
    void restore(data).then((response) => postMessage(response));
  });
} else {
  Object.assign(globalThis, { restore, restoreKinds });
}
