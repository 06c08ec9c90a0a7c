import { ExpertSet } from "../../experts/index.js";
import { loadModel, modelFromUrl, RestoreSession, type LoadedModel } from "../../restore/index.js";
import type { EngineStart } from "./engine-start.js";
import { wasmOf } from "./wasm-of.js";

/** An engine on the calling thread. */
export interface LocalEngine {
  readonly model: Pick<LoadedModel, "manifest" | "experts">;
  /** The experts, for the caller to dispose after the session. */
  readonly experts: ExpertSet;
  /** What analyses and restores. */
  readonly session: RestoreSession;
}

/**
 * Starts an engine on this thread.
 *
 * @param given - experts that are installed already; those of the model if left out
 */
export async function openLocal(start: EngineStart, given?: ExpertSet): Promise<LocalEngine> {
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
    return { model, experts, session };
  } catch (error) {
    if (given === undefined) experts.dispose();
    throw error;
  }
}
