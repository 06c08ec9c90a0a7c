import { LimpidError, throwIfAborted } from "../../sdk/base/index.js";
import type { Commit, CommitMode, Restorer } from "../../sdk/host/index.js";
import type { RestoreOptions, RestoreResult } from "../../sdk/restore/index.js";
import { asOneOfSeveral, stepOf } from "../frame/index.js";
import type { PhotopeaHost } from "./photopea-host.js";
import { parseLayerKey, type PhotopeaLayer } from "./state.js";

/** How {@link restoreLayers} takes, repairs and brings back. */
export interface RestoreLayersOptions {
  /** Which layers of the active document; all that are chosen if left out. Groups are passed over. */
  readonly layers?: readonly PhotopeaLayer[];
  /** How the results come back; `"new-layer"` if left out. */
  readonly mode?: Extract<CommitMode, "replace" | "new-layer">;
  /** What to do with a result whose layer somebody changed or removed meanwhile; `"new-layer"` if left out. */
  readonly onConflict?: "new-layer" | "refuse";
  /** Names the progress and new layers; `"Restore"` if left out. */
  readonly label?: string;
  /** Experts, strength, tile size and so on. */
  readonly restore?: Omit<RestoreOptions, "mask" | "region" | "signal">;
  /** Gives up when it fires. What is in the document by then stays. */
  readonly signal?: AbortSignal;
}

/** What became of one layer. */
export interface RestoredLayer {
  /** Which one. */
  readonly layer: PhotopeaLayer;
  /** What was made of it; undefined if it failed. */
  readonly result: RestoreResult | undefined;
  /** How it came back; undefined if it failed, or there was nothing to repair. */
  readonly commit: Commit | undefined;
  /** Why it failed; undefined if it did not. */
  readonly error: LimpidError | undefined;
}

/**
 * Restores every chosen layer of the active document, one after the other. One that fails does not keep the others from being
 * restored.
 *
 * @param limpid - what repairs
 * @param host - Photopea
 * @param options - which, what, how
 * @returns what became of each, in the order in which they were done
 * @throws {@link LimpidError} `NothingSelected` if there is none; `Aborted`, with what became of those before it in
 * `details.restored`; `Disposed`
 *
 * @example
 * ```ts
 * for (const { layer, error } of await restoreLayers(limpid, host)) {
 *   if (error !== undefined) console.warn(layer.name, error.code);
 * }
 * ```
 */
export async function restoreLayers(
  limpid: Restorer,
  host: PhotopeaHost,
  options: RestoreLayersOptions = {},
): Promise<readonly RestoredLayer[]> {
  const { label = "Restore", mode = "new-layer", onConflict = "new-layer" } = options;
  const chosen = options.layers ?? (await host.refresh(options.signal)).layers;
  const layers = lowestFirst(chosen.filter(({ isGroup }) => !isGroup));
  if (layers.length === 0) throw new LimpidError("NothingSelected", "no layer is chosen");
  return host.withProgress({ title: label }, async (progress) => {
    const signal =
      options.signal === undefined ? progress.signal : AbortSignal.any([options.signal, progress.signal]);
    const restored: RestoredLayer[] = [];
    for (const [index, layer] of layers.entries()) {
      const { report } = stepOf(progress, index, layers.length);
      report({ fraction: 0, message: `${label}: ${layer.name} (${index + 1} of ${layers.length})` });
      try {
        throwIfAborted(signal);
        const capture = await host.capture({ layerId: layer.id, signal });
        const result = await limpid.restore(capture.image, {
          ...options.restore,
          signal,
          onProgress: (step) => {
            report({ fraction: step.done / step.total });
            options.restore?.onProgress?.(step);
          },
        });
        throwIfAborted(signal);
        const commit =
          result.tiles === 0
            ? undefined
            : await host.commit(capture, result.image, { mode, label, onConflict });
        restored.push({ layer, result, commit, error: undefined });
      } catch (error) {
        const failure = asOneOfSeveral(error, restored);
        restored.push({ layer, result: undefined, commit: undefined, error: failure });
      }
    }
    return restored;
  });
}

/** Where layers have no ids their places count, and a new layer moves those that are below it. */
function lowestFirst(layers: readonly PhotopeaLayer[]): PhotopeaLayer[] {
  const pathOf = ({ id }: PhotopeaLayer): number[] => parseLayerKey(id).path.map(([index]) => index);
  return [...layers].sort((one, other) => {
    const [first, second] = [pathOf(one), pathOf(other)];
    const depth = first.findIndex((index, at) => index !== second[at]);
    return depth < 0 ? 0 : (second[depth] ?? -1) - first[depth]!;
  });
}
