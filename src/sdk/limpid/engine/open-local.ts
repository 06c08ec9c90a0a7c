import { ExpertSet } from "../../experts/index.js";
import { loadModel, modelFromUrl, RestoreSession } from "../../restore/index.js";
import type { EngineStart } from "./engine-start.js";
import type { Seat } from "./engine.js";
import { wasmOf } from "./wasm-of.js";

/**
 * Starts an engine on this thread.
 *
 * @param note - told why a faster backend was passed over
 * @param given - experts that are installed already; those of the model if left out
 */
export async function openLocal(
  start: EngineStart,
  note: (reason: string) => void,
  given?: ExpertSet,
): Promise<Seat> {
  const { source, options, assets } = start;
  const model = await loadModel(typeof source === "string" ? modelFromUrl(source) : source, options.signal);
  const { config, tensorSha256: sha256 } = model.manifest.backbone;
  const experts = given ?? new ExpertSet({ sha256, config });
  try {
    if (given === undefined) experts.update({ add: model.experts });
    const session = await RestoreSession.start({
      ...options,
      ...wasmOf(options.wasmPath, assets),
      model,
      experts,
    });
    for (const reason of session.fallbackReasons) note(reason);
    return { manifest: model.manifest, experts, session, isInWorker: false };
  } catch (error) {
    if (given === undefined) experts.dispose();
    throw error;
  }
}
