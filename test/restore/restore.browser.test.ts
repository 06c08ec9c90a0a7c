import { expect, test } from "@jest/globals";
import { modelFromDirectory } from "../../src/node/index.js";
import { PixelImage, psnr } from "../../src/sdk/image/index.js";
import { createLimpid } from "../../src/sdk/limpid/index.js";
import { openPage } from "../support/page.js";
import type { Request, Response } from "./pages/restore.js";

const [width, height] = [48, 40];
const data = Array.from({ length: width * height * 3 }, (_, i) =>
  Math.round(128 + 90 * Math.sin(i / 17) * Math.cos(i / 901)),
);
const photo = new PixelImage({ width, height, channels: 3, data: Uint8Array.from(data) });

/** What the same SDK makes of the picture in Node. */
async function restoreInNode(): Promise<PixelImage> {
  const limpid = await createLimpid({ model: modelFromDirectory(), backend: "wasm" });
  const { image } = await limpid.restore(photo, { experts: [], tileSize: 32 });
  limpid.dispose();
  return image;
}

declare function restore(request: Request): Promise<Response>;

declare function restoreKinds(request: Request): Promise<readonly string[]>;

const inPage = async (request: Request): Promise<Response> => {
  const page = await openPage({ module: "test/restore/pages/restore.ts" });
  await page.waitForFunction("typeof restore === 'function'");
  return page.evaluate((asked) => restore(asked), request);
};

const inWorker = async (request: Request): Promise<Response> => {
  const page = await openPage();
  return page.evaluate(
    (asked) =>
      new Promise<Response>((resolve, reject) => {
        const worker = new Worker("/bundle/test/restore/pages/restore.js", { type: "module" });
        worker.onmessage = ({ data: answer }: MessageEvent<Response>) => resolve(answer);
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.postMessage(asked);
      }),
    request,
  );
};

test.each([
  ["a page", inPage],
  ["a worker", inWorker],
])("in %s under a strict policy, WebAssembly restores as it does in Node", async (_, run) => {
  const answer = await run({ backend: "wasm", width, height, data });
  expect([answer.backend, answer.reasons]).toEqual(["wasm", []]);
  const restored = photo.withData(Uint8Array.from(answer.data));
  expect(psnr(restored, await restoreInNode())).toBeGreaterThan(60);
});

test("canvases, bitmaps, image data and files are restored in kind, with the pixels that they have", async () => {
  const page = await openPage({ module: "test/restore/pages/restore.ts" });
  await page.waitForFunction("typeof restoreKinds === 'function'");
  const seen = await page.evaluate((asked) => restoreKinds(asked), {
    backend: "wasm",
    worker: false,
    width,
    height,
    data,
  } as const);
  expect(seen).toEqual([
    "ImageData same",
    "ImageBitmap same",
    "HTMLCanvasElement same",
    "OffscreenCanvas same",
    "Blob same",
  ]);
});

test("a software adapter is passed over by auto, which says so; asked for, WebGPU restores alike", async () => {
  const auto = await inPage({ backend: "auto", width, height, data });
  expect([auto.backend, auto.reasons]).toEqual(["wasm", [expect.stringMatching(/WebGPU|adapter/)]]);
  const gpu = await inPage({ backend: "webgpu", width, height, data });
  expect(gpu.backend).toBe("webgpu");
  expect(psnr(photo.withData(Uint8Array.from(gpu.data)), await restoreInNode())).toBeGreaterThan(50);
});

test("a script tag gives the global limpid everything to restore a photo", async () => {
  const page = await openPage({ script: "dist/limpid.iife.js" });
  const answer = await page.evaluate(
    async ({ pixels, size }) => {
      const { createLimpid: create, PixelImage: Image } = (
        globalThis as unknown as { limpid: typeof import("../../src/sdk/index.js") }
      ).limpid;
      const limpid = await create({
        model: "/models/",
        wasmPath: "/node_modules/@tensorflow/tfjs-backend-wasm/dist/",
        backend: "wasm",
        worker: false,
      });
      const picture = new Image({
        width: size[0]!,
        height: size[1]!,
        channels: 3,
        data: Uint8Array.from(pixels),
      });
      const { image } = await limpid.restore(picture, { experts: [], tileSize: 32 });
      limpid.dispose();
      return [...image.data];
    },
    { pixels: data, size: [width, height] },
  );
  expect(psnr(photo.withData(Uint8Array.from(answer)), await restoreInNode())).toBeGreaterThan(60);
});
