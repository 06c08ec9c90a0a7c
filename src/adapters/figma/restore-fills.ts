import { LimpidError, throwIfAborted } from "../../sdk/base/index.js";
import type { CommitMode, HostProgressReporter, Restorer } from "../../sdk/host/index.js";
import type { RestoreOptions, RestoreResult } from "../../sdk/restore/index.js";
import type { FigmaCommit, FigmaFill, FigmaHost } from "./figma-host.js";

/** How {@link restoreFills} takes, repairs and brings back. */
export interface RestoreFillsOptions {
  /** Which fills; all that are selected if left out. */
  readonly fills?: readonly FigmaFill[];
  /** How the results come back; `"replace"` if left out. */
  readonly mode?: Extract<CommitMode, "replace" | "new-layer">;
  /** What to do with a result whose fill somebody changed or removed meanwhile; `"new-layer"` if left out. */
  readonly onConflict?: "new-layer" | "refuse";
  /** Names the progress and new layers; `"Restore"` if left out. */
  readonly label?: string;
  /** Experts, strength, tile size and so on. */
  readonly restore?: Omit<RestoreOptions, "mask" | "region" | "signal">;
  /** Gives up when it fires. What is in the document by then stays, each as its own step of undo. */
  readonly signal?: AbortSignal;
}

/** What became of one fill. */
export interface RestoredFill {
  /** Which one. */
  readonly fill: FigmaFill;
  /** What was made of it; undefined if it failed. */
  readonly result: RestoreResult | undefined;
  /** How it came back; undefined if it failed, or there was nothing to repair. */
  readonly commit: FigmaCommit | undefined;
  /** Why it failed; undefined if it did not. */
  readonly error: LimpidError | undefined;
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
  const { label = "Restore" } = options;
  const fills = options.fills ?? (await host.refresh(options.signal)).fills;
  if (fills.length === 0) {
    throw new LimpidError("NothingSelected", "no selected layer has an image fill");
  }
  return host.withProgress({ title: label }, async (progress) => {
    const signal =
      options.signal === undefined ? progress.signal : AbortSignal.any([options.signal, progress.signal]);
    const restored: RestoredFill[] = [];
    let known: Known | undefined;
    for (const [index, fill] of byImage(fills).entries()) {
      const reporter = stepOf(progress, index, fills.length);
      reporter.report({ fraction: 0, message: `${label}: ${fill.name} (${index + 1} of ${fills.length})` });
      try {
        throwIfAborted(signal);
        const same = known?.imageHash === fill.imageHash ? known : undefined;
        const { result, commit } = await restoreFill(
          limpid,
          host,
          fill,
          same,
          { ...options, label, signal },
          reporter,
        );
        known = { imageHash: fill.imageHash, result, committed: commit?.imageHash };
        restored.push({ fill, result, commit, error: undefined });
      } catch (error) {
        restored.push({ fill, result: undefined, commit: undefined, error: asLimpidError(error, restored) });
      }
    }
    return restored;
  });
}

async function restoreFill(
  limpid: Restorer,
  host: FigmaHost,
  fill: FigmaFill,
  known: Known | undefined,
  options: RestoreFillsOptions & { readonly label: string; readonly signal: AbortSignal },
  { report }: Pick<HostProgressReporter, "report">,
): Promise<{ result: RestoreResult; commit: FigmaCommit | undefined }> {
  const { signal, label, mode = "replace", onConflict = "new-layer" } = options;
  const capture = await host.capture({ target: "layer", id: fill.id, signal });
  const isKnown = known?.imageHash === capture.revision;
  const result = isKnown
    ? known.result
    : await limpid.restore(capture.image, {
        ...options.restore,
        signal,
        onProgress: (step) => {
          report({ fraction: step.done / step.total });
          return options.restore?.onProgress?.(step);
        },
      });
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

/** The part of the bar that belongs to one of several. */
function stepOf(
  progress: HostProgressReporter,
  index: number,
  count: number,
): Pick<HostProgressReporter, "report"> {
  return {
    report: ({ fraction = 0, ...rest }) => progress.report({ ...rest, fraction: (index + fraction) / count }),
  };
}

/** Goes on after what concerns one fill; ends after what concerns all. */
function asLimpidError(error: unknown, restored: readonly RestoredFill[]): LimpidError {
  if (!LimpidError.is(error)) throw error;
  if (error.code === "Disposed") throw error;
  if (error.code === "Aborted") {
    throw new LimpidError("Aborted", `${error.message}, after ${restored.length} images`, {
      cause: error.cause,
      details: { restored },
    });
  }
  return error;
}
