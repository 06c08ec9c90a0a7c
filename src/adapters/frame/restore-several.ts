import { LimpidError, throwIfAborted } from "../../sdk/base/index.js";
import type {
  Capture,
  Commit,
  CommitOptions,
  EditorHost,
  HostProgressReporter,
  Restorer,
} from "../../sdk/host/index.js";
import type { RestoreOptions, RestoreResult } from "../../sdk/restore/index.js";

/** How several things are restored, one after the other. */
export interface RestoreSeveralOptions {
  /** What to do with a result whose source somebody changed or removed meanwhile; `"new-layer"` if left out. */
  readonly onConflict?: "new-layer" | "refuse";
  /** Names the progress and new layers; if left out, `"Restore"` and each source's own name with `"restored"`. */
  readonly label?: string;
  /** Experts, strength, tile size and so on. */
  readonly restore?: Omit<RestoreOptions, "mask" | "region" | "signal">;
  /** Gives up when it fires. What is in the document by then stays, each as its own step of undo. */
  readonly signal?: AbortSignal;
}

/** What became of one of them. */
export interface RestoreOutcome<Committed extends Commit> {
  /** What was made of it; undefined if it failed. */
  readonly result: RestoreResult | undefined;
  /** How it came back; undefined if it failed, or there was nothing to repair. */
  readonly commit: Committed | undefined;
  /** Why it failed; undefined if it did not. */
  readonly error: LimpidError | undefined;
}

/** What one of several is restored with. */
export interface RestoreStep {
  readonly label: string;
  /** Fires if the caller or the person gives up. */
  readonly signal: AbortSignal;
  /** What to call `restore` with: the caller's options, the signal, and this one's part of the progress bar. */
  readonly restore: RestoreOptions;
}

/**
 * Restores one after the other, with one progress bar. One that fails does not keep the others from being restored.
 *
 * @returns what became of each, in their order
 * @throws {@link LimpidError} `Aborted`, with what became of those before it in `details.restored`; `Disposed`
 */
export function restoreSeveral<
  Item extends { readonly name: string },
  Committed extends Commit,
  Name extends string,
>(
  host: Pick<EditorHost, "withProgress">,
  items: readonly Item[],
  options: RestoreSeveralOptions & { readonly itemName: Name },
  restoreOne: (
    item: Item,
    step: RestoreStep,
  ) => Promise<{ readonly result: RestoreResult; readonly commit: Committed | undefined }>,
): Promise<readonly (RestoreOutcome<Committed> & Readonly<Record<Name, Item>>)[]> {
  type Restored = RestoreOutcome<Committed> & Readonly<Record<Name, Item>>;
  const { label = "Restore", itemName } = options;
  return host.withProgress({ title: label }, async (progress) => {
    const signal =
      options.signal === undefined ? progress.signal : AbortSignal.any([options.signal, progress.signal]);
    const restored: Restored[] = [];
    const add = (item: Item, outcome: RestoreOutcome<Committed>): number =>
      restored.push({ ...outcome, [itemName]: item } as Restored);
    for (const [index, item] of items.entries()) {
      const report = reportOf(progress, index, items.length);
      report({ fraction: 0, message: `${label}: ${item.name} (${index + 1} of ${items.length})` });
      const restore: RestoreOptions = {
        ...options.restore,
        signal,
        onProgress: (step) => {
          report({ fraction: step.fraction });
          return options.restore?.onProgress?.(step);
        },
      };
      try {
        throwIfAborted(signal);
        const name = options.label ?? `${item.name} restored`;
        add(item, { ...(await restoreOne(item, { label: name, signal, restore })), error: undefined });
      } catch (error) {
        add(item, { result: undefined, commit: undefined, error: asOneOfSeveral(error, restored) });
      }
    }
    return restored;
  });
}

/**
 * Restores one of several: takes it, repairs it and brings it back; leaves it alone if there is nothing to repair.
 *
 * @returns what was made of it, and how it came back
 */
export async function restoreOne(
  limpid: Restorer,
  host: Pick<EditorHost, "commit"> & {
    capture(options: { readonly layerId: string; readonly signal: AbortSignal }): Promise<Capture>;
  },
  layerId: string,
  { label, signal, restore }: RestoreStep,
  how: Pick<CommitOptions, "mode" | "onConflict">,
): Promise<{ readonly result: RestoreResult; readonly commit: Commit | undefined }> {
  const taken = await host.capture({ layerId, signal });
  const result = await limpid.restore(taken.image, restore);
  throwIfAborted(signal);
  if (result.tiles === 0) return { result, commit: undefined };
  return { result, commit: await host.commit(taken, result.image, { ...how, label }) };
}

/** The part of a progress bar that belongs to one of several. */
function reportOf(
  progress: HostProgressReporter,
  index: number,
  count: number,
): HostProgressReporter["report"] {
  return ({ fraction = 0, ...rest }) => progress.report({ ...rest, fraction: (index + fraction) / count });
}

/** The error, if the next one is to be tried; throws what concerns all. */
function asOneOfSeveral(error: unknown, restored: readonly unknown[]): LimpidError {
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
