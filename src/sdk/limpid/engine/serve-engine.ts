import {
  Channel,
  LimpidError,
  toDisposable,
  version,
  type Disposable,
  type WorkerPort,
} from "../../base/index.js";
import { pageTileWorkers } from "../../engine/index.js";
import { PixelImage } from "../../image/index.js";
import { loadModel, modelFromUrl, RestoreSession, type ModelSource } from "../../restore/index.js";
import { openAssets } from "./asset-folder.js";
import type { EngineMethods, OpenedEngine, PageMethods, PostedStart } from "./engine-methods.js";
import { MirroredExperts } from "./mirrored-experts.js";
import { toPostedExpert } from "./posted-expert.js";
import { whyNoWebgpu } from "./probe-webgpu.js";
import { wasmOf } from "./wasm-of.js";

/**
 * Makes this thread one that has the engine of a Limpid on another.
 *
 * @param script - address of the worker's own script, which restores tiles too; without it there are no tile workers
 */
export function serveEngine(port: WorkerPort, script?: string): Disposable {
  let session: RestoreSession | undefined;
  let experts: MirroredExperts | undefined;
  const running = (): RestoreSession => {
    if (session === undefined) throw new LimpidError("WorkerFailed", "the engine was not started");
    return session;
  };
  const tellState = (): void => {
    const { backend, byteSize } = running();
    channel.tell("setState", { backend, byteSize });
  };

  const open = async (start: PostedStart, signal: AbortSignal): Promise<OpenedEngine> => {
    const { assets: folder, model: address, modelName, tileWorkers, wasmPath, ...computing } = start;
    const assets = folder === undefined ? undefined : await openAssets(folder, signal);
    const onPage: ModelSource = {
      name: modelName,
      read: (path, reading, size) => channel.call("readModel", { path, size }, { signal: reading }),
    };
    const own = typeof address === "string" ? modelFromUrl(address) : assets?.model;
    const source = address === null ? onPage : (own ?? onPage);
    const model = await loadModel(source, signal);
    experts = new MirroredExperts(model.experts.map(({ expert }) => expert));
    session = await RestoreSession.start({
      ...{ ...computing, model, experts, signal },
      ...(script !== undefined && { tileWorkers: { factory: pageTileWorkers(script), ...tileWorkers } }),
      ...wasmOf(wasmPath, assets),
    });
    session.onDidChangeBackend((change) => channel.tell("changeBackend", change));
    return {
      manifest: model.manifest,
      experts: model.experts.map(({ expert, ...options }) => ({
        ...options,
        expert: toPostedExpert(expert),
      })),
      backend: session.backend,
      byteSize: session.byteSize,
      fallbackReasons: session.fallbackReasons,
    };
  };

  const channel: Channel<PageMethods, EngineMethods> = new Channel<PageMethods, EngineMethods>(port, {
    handlers: {
      hello: async () => ({ version, gpuProblem: await whyNoWebgpu() }),
      open: (start, { signal }) => open(start, signal),
      setExperts(posted) {
        experts?.set(posted);
        if (session !== undefined) tellState();
      },
      async analyze({ image, hasProgress, ...options }, { signal, progress }) {
        const analysis = await running().analyze(new PixelImage(image), {
          ...options,
          ...(hasProgress && { onProgress: progress }),
          signal,
        });
        tellState();
        return analysis;
      },
      async restore({ image, options: { mask, ...options }, hasProgress }, { signal, transfer, progress }) {
        try {
          const result = await running().restore(new PixelImage(image), {
            ...options,
            ...(mask && { mask: new PixelImage(mask) }),
            ...(hasProgress && { onProgress: progress }),
            signal,
          });
          transfer.push(result.image.data.buffer as ArrayBuffer);
          return result;
        } finally {
          tellState();
        }
      },
    },
    onFail: () => session?.dispose(),
  });
  return toDisposable(() => {
    channel.dispose();
    session?.dispose();
  });
}
