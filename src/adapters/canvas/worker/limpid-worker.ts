// The engine of `createWorkerLimpid`, and its tile workers: one classic script with everything in it, so that a `data:` address
// can hold it.
import { LimpidError } from "../../../sdk/base/index.js";
import { serveTiles } from "../../../sdk/engine/index.js";
import { PixelImage } from "../../../sdk/image/index.js";
import { createLimpid, modelFromFiles, type Limpid, type PackProgress } from "../../../sdk/index.js";
import { describeEngine } from "./engine-state.js";
import type { FromWorker, PostedError, ToWorker, WorkerStart } from "./messages.js";
import { pageTileWorkers, tileWorkerName } from "./page-tile-workers.js";
import { whyNoWebgpu } from "./probe-webgpu.js";

/** What TypeScript's library for pages does not know of a worker. */
const scope = globalThis as unknown as {
  readonly name: string;
  postMessage(message: unknown, transfer?: Transferable[]): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
};

const post = (message: FromWorker, transfer?: Transferable[]): void => scope.postMessage(message, transfer);
const calls = new Map<number, AbortController>();
let limpid: Limpid | undefined;

if (scope.name === tileWorkerName) {
  const receiveTile = serveTiles((message, transfer) => scope.postMessage(message, transfer));
  scope.addEventListener("message", ({ data }) => receiveTile(data));
} else {
  scope.addEventListener("message", ({ data }) => void receive(data as ToWorker));
  void whyNoWebgpu().then((reason) => post({ type: "ready", gpuProblem: reason }));
}

async function receive(message: ToWorker): Promise<void> {
  switch (message.type) {
    case "start":
      return start(message.options);
    case "abort":
      calls.get(message.call)?.abort();
      return;
    case "ping":
      post({ type: "pong" });
      return;
    case "analyze":
    case "restore":
    case "install":
    case "uninstall":
    case "describe":
      return answer(message);
  }
}

async function start({ model, tileWorkers: count, ...options }: WorkerStart): Promise<void> {
  try {
    limpid = await createLimpid({
      ...options,
      tileWorkers: { factory: pageTileWorkers(location.href), ...(count !== undefined && { count }) },
      model: typeof model === "string" ? model : modelFromFiles(model),
      onBackendChange: (change) => post({ type: "changed", change }),
    });
    post({ type: "started", backend: limpid.backend, fallbackReason: limpid.fallbackReason });
  } catch (error) {
    post({ type: "failed", error: describe(error) });
  }
}

/** What is answered once, under the number of its call. */
type Call = Exclude<Extract<ToWorker, { readonly call: number }>, { readonly type: "abort" }>;

async function answer(message: Call): Promise<void> {
  const { call } = message;
  const controller = new AbortController();
  calls.set(call, controller);
  const { signal } = controller;
  try {
    if (limpid === undefined) throw new LimpidError("WorkerFailed", "the worker was not started");
    await carryOut(limpid, message, signal);
  } catch (error) {
    post({ type: "rejected", call, error: describe(error) });
  } finally {
    calls.delete(call);
  }
}

async function carryOut(limpid: Limpid, message: Call, signal: AbortSignal): Promise<void> {
  const { call } = message;
  switch (message.type) {
    case "analyze": {
      const { image, windows } = message;
      const analysis = await limpid.analyze(new PixelImage(image), { windows, signal });
      return post({ type: "analyzed", call, analysis });
    }
    case "restore": {
      const { mask, ...options } = message.options;
      const result = await limpid.restore(new PixelImage(message.image), {
        ...options,
        ...(mask && { mask: new PixelImage(mask) }),
        ...(message.hasProgress && { onProgress: (progress) => post({ type: "progress", call, progress }) }),
        signal,
      });
      return post({ type: "restored", call, result }, [result.image.data.buffer as ArrayBuffer]);
    }
    case "install": {
      const onProgress = (progress: PackProgress): void => post({ type: "installing", call, progress });
      const value = await limpid.packs.install(message.source, { ...message.options, onProgress, signal });
      return post({ type: "answered", call, value });
    }
    case "uninstall":
      await limpid.packs.uninstall(message.id);
      return post({ type: "answered", call, value: undefined });
    case "describe":
      return post({ type: "answered", call, value: describeEngine(limpid) });
  }
}

/** An error as it can be posted. */
function describe(error: unknown): PostedError {
  const message = error instanceof Error ? error.message : String(error);
  if (!LimpidError.is(error)) return { code: undefined, message, details: {} };
  const details: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(error.details)) {
    try {
      details[name] = structuredClone(value);
    } catch {
      details[name] = String(value);
    }
  }
  return { code: error.code, message, details };
}
