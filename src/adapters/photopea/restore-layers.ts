import { LimpidError } from "../../sdk/base/index.js";
import type { Commit, CommitMode, Restorer } from "../../sdk/host/index.js";
import {
  restoreOne,
  restoreSeveral,
  type RestoreOutcome,
  type RestoreSeveralOptions,
} from "../frame/index.js";
import type { PhotopeaHost } from "./photopea-host.js";
import { parseLayerKey, type PhotopeaLayer } from "./state.js";

/** How {@link restoreLayers} takes, repairs and brings back. */
export interface RestoreLayersOptions extends RestoreSeveralOptions {
  /** Which layers of the active document; all that are chosen if left out. Groups are passed over. */
  readonly layers?: readonly PhotopeaLayer[];
  /** How the results come back; `"new-layer"` if left out. */
  readonly mode?: Extract<CommitMode, "replace" | "new-layer">;
}

/** What became of one layer. */
export interface RestoredLayer extends RestoreOutcome<Commit> {
  readonly layer: PhotopeaLayer;
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
  const { mode = "new-layer", onConflict = "new-layer" } = options;
  const chosen = options.layers ?? (await host.refresh(options.signal)).layers;
  const layers = lowestFirst(chosen.filter(({ isGroup }) => !isGroup));
  if (layers.length === 0) throw new LimpidError("NothingSelected", "no layer is chosen");
  return restoreSeveral(host, layers, { ...options, itemName: "layer" }, ({ id }, step) =>
    restoreOne(limpid, host, id, step, { mode, onConflict }),
  );
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
