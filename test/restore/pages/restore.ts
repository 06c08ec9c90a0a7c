// Runs in a page and in a worker: restores a small picture with the shipped model and answers with its bytes.
import { createLimpid, PixelImage, type BackendName } from "../../../src/sdk/index.js";

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
    onBackendChange: ({ reason }) => reasons.push(reason),
  });
  const photo = new PixelImage({ width, height, channels: 3, data: Uint8Array.from(data) });
  const result = await limpid.restore(photo, { experts: [], tileSize: 32 });
  limpid.dispose();
  return { backend: result.backend, reasons, data: [...result.image.data] };
}

if (typeof document === "undefined") {
  addEventListener("message", ({ data }: MessageEvent<Request>) => {
    void restore(data).then((response) => postMessage(response));
  });
} else {
  Object.assign(globalThis, { restore });
}
