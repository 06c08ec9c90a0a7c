import { DisposableStore } from "../base/index.js";
import { Packs } from "../packs/index.js";
import { limpidOf } from "./composed-limpid.js";
import { Engine, type StartWorker } from "./engine/index.js";
import { openExtensionParts } from "./extension-parts.js";
import { registerHostCommands } from "./host-commands.js";
import { offerContributions } from "./host-contributions.js";
import { hostPixels } from "./host-pixels.js";
import type { Limpid } from "./limpid.js";
import type { LimpidOptions } from "./options.js";

/**
 * Starts Limpid: reads a model, checks its hashes and prepares it on a backend. In a page all of this happens in a worker,
 * whenever one can be had.
 *
 * @param options - the assets or the model, and where to compute
 * @returns an instance, for the caller to dispose. Two instances do not see each other
 * @throws {@link LimpidError} `AssetsMissing`, `BackendUnavailable`, `WeightsMissing`, `WeightsCorrupt`, `InvalidConfig`,
 * `InvalidTensorFile`, `ExpertMismatch`, `InvalidArgument`, `WorkerFailed` if there must be a worker and none starts, `Aborted`
 *
 * @example
 * ```ts
 * const limpid = await createLimpid({ assets: "/limpid/" });
 * const result = await limpid.restore(PixelImage.fromImageData(pixels));
 * console.log(result.analysis.present, result.backend);
 * limpid.dispose();
 * ```
 */
export function createLimpid(options: LimpidOptions): Promise<Limpid> {
  return composeLimpid(options);
}

/** As {@link createLimpid}, where workers may be started in a way of one's own. */
export async function composeLimpid(options: LimpidOptions, startWorker?: StartWorker): Promise<Limpid> {
  const { host } = options;
  const parts = new DisposableStore();
  try {
    const engine = parts.add(await Engine.open(options, startWorker));
    const { experts } = engine;
    const { id, version, backbone } = engine.manifest;
    const base = { id, version, sha256: backbone.tensorSha256 };
    const packs = parts.add(await Packs.open({ experts, base, config: backbone.config }, options.packs));
    const services = {
      experts,
      analyze: engine.analyze.bind(engine),
      restore: engine.restore.bind(engine),
      openEditor: host && (() => hostPixels(host)),
      withProgress: host?.withProgress.bind(host),
    };
    const extensionParts = await openExtensionParts(options, packs, services, parts);
    const limpid = limpidOf({ engine, packs, ...extensionParts }, parts);
    if (host !== undefined) {
      parts.add(registerHostCommands(limpid.commands, limpid, host));
      parts.add(offerContributions(limpid, host));
    }
    return limpid;
  } catch (error) {
    parts.dispose();
    throw error;
  }
}
