import { DisposableStore } from "../base/index.js";
import { ExpertSet } from "../experts/index.js";
import { Packs } from "../packs/index.js";
import { loadModel, modelFromUrl, RestoreSession } from "../restore/index.js";
import { openExtensionParts } from "./extension-parts.js";
import { registerHostCommands } from "./host-commands.js";
import { offerContributions } from "./host-contributions.js";
import { hostPixels } from "./host-pixels.js";
import { Limpid } from "./limpid.js";
import type { LimpidOptions } from "./options.js";

/**
 * Starts Limpid: reads a model, checks its hashes and prepares it on a backend.
 *
 * @param options - the model, and where to compute
 * @returns an instance, for the caller to dispose. Two instances do not see each other
 * @throws {@link LimpidError} `BackendUnavailable`, `WeightsMissing`, `WeightsCorrupt`, `InvalidConfig`,
 * `InvalidTensorFile`, `ExpertMismatch`, `InvalidArgument`, `Aborted`
 *
 * @example
 * ```ts
 * const limpid = await createLimpid({ model: "/models/" });
 * const result = await limpid.restore(PixelImage.fromImageData(pixels));
 * console.log(result.analysis.degradations[0], result.backend);
 * limpid.dispose();
 * ```
 */
export async function createLimpid(options: LimpidOptions): Promise<Limpid> {
  const { model: source, packs: packOptions, extensions: _, storage: __, host, ...sessionOptions } = options;
  const parts = new DisposableStore();
  try {
    const model = await loadModel(
      typeof source === "string" || source instanceof URL ? modelFromUrl(source) : source,
      options.signal,
    );
    const { id, version, backbone } = model.manifest;
    const { config, tensorSha256: sha256 } = backbone;
    const experts = parts.add(new ExpertSet({ sha256, config }));
    experts.update({ add: model.experts });
    const session = parts.add(await RestoreSession.start({ ...sessionOptions, model, experts }));
    const base = { id, version, sha256 };
    const packs = parts.add(await Packs.open({ experts, base, config }, packOptions));
    const services = {
      experts,
      analyze: session.analyze.bind(session),
      restore: session.restore.bind(session),
      editor: host && hostPixels(host),
    };
    const extensionParts = await openExtensionParts(options, packs, services, parts);
    const limpid = new Limpid({ model, experts, packs, session, ...extensionParts }, parts);
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
