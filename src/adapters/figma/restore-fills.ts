import { LimpidError, throwIfAborted } from "../../sdk/base/index.js";
import type { CommitMode, Restorer } from "../../sdk/host/index.js";
import type { RestoreResult } from "../../sdk/restore/index.js";
import {
  restoreSeveral,
  type RestoreOutcome,
  type RestoreSeveralOptions,
  type RestoreStep,
} from "../frame/index.js";
import type { FigmaCommit, FigmaFill, FigmaHost } from "./figma-host.js";

/** How {@link restoreFills} takes, repairs and brings back. */
export interface RestoreFillsOptions extends RestoreSeveralOptions {
  /** Which fills; all that are selected if left out. */
  readonly fills?: readonly FigmaFill[];
  /** How the results come back; `"replace"` if left out. */
  readonly mode?: Extract<CommitMode, "replace" | "new-layer">;
}

/** What became of one fill. */
export interface RestoredFill extends RestoreOutcome<FigmaCommit> {
  readonly fill: FigmaFill;
}

/** The last image that was repaired, for fills that have it too. */
interface Known {
  readonly imageHash: string;
  readonly result: RestoreResult;
  readonly committed: string | undefined;
}

/**
 * Restores every image fill in the selection, one after the other; each is a step of undo of its own. Fills with the same image
 * are repaired once. One that fails does not keep the others from being restored.
 *
 * @param limpid - what repairs
 * @param host - Figma
 * @param options - which, what, how
 * @returns what became of each, in the order in which they were done
 * @throws {@link LimpidError} `NothingSelected` if there is none; `Aborted`, with what became of those before it in
 * `details.restored`; `Disposed`
 *
 * @example
 * ```ts
 * for (const { fill, error } of await restoreFills(limpid, host)) {
 *   if (error !== undefined) console.warn(fill.name, error.code);
 * }
 * ```
 */
export async function restoreFills(
  limpid: Restorer,
  host: FigmaHost,
  options: RestoreFillsOptions = {},
): Promise<readonly RestoredFill[]> {
  const fills = options.fills ?? (await host.refresh(options.signal)).fills;
  if (fills.length === 0) {
    throw new LimpidError("NothingSelected", "no selected layer has an image fill");
  }
  let known: Known | undefined;
  return restoreSeveral(host, byImage(fills), { ...options, itemName: "fill" }, async (fill, step) => {
    const same = known?.imageHash === fill.imageHash ? known : undefined;
    const restored = await restoreFill(limpid, host, fill, same, options, step);
    known = { imageHash: fill.imageHash, result: restored.result, committed: restored.commit?.imageHash };
    return restored;
  });
}

async function restoreFill(
  limpid: Restorer,
  host: FigmaHost,
  fill: FigmaFill,
  known: Known | undefined,
  { mode = "replace", onConflict = "new-layer" }: RestoreFillsOptions,
  { label, signal, restore }: RestoreStep,
): Promise<{ result: RestoreResult; commit: FigmaCommit | undefined }> {
  const capture = await host.capture({ target: "layer", id: fill.id, signal });
  const isKnown = known?.imageHash === capture.revision;
  const result = isKnown ? known.result : await limpid.restore(capture.image, restore);
  throwIfAborted(signal);
  if (result.tiles === 0) return { result, commit: undefined };
  const imageHash = isKnown ? known.committed : undefined;
  const commit = await host.commit(capture, result.image, {
    mode,
    label,
    onConflict,
    ...(imageHash !== undefined && { imageHash }),
  });
  return { result, commit };
}

/** Those with the same image next to each other, so that only one result is kept. */
function byImage(fills: readonly FigmaFill[]): FigmaFill[] {
  const groups = new Map<string, FigmaFill[]>();
  for (const fill of fills) {
    const group = groups.get(fill.imageHash);
    if (group === undefined) groups.set(fill.imageHash, [fill]);
    else group.push(fill);
  }
  return [...groups.values()].flat();
}
