import { LimpidError, throwIfAborted } from "../base/index.js";
import type { PixelImage } from "../image/index.js";
import type { RestoreOptions, RestoreResult } from "../restore/index.js";
import type { Capture, CaptureTarget } from "./capture.js";
import type { Commit, CommitMode } from "./commit.js";
import type { EditorHost } from "./editor-host.js";
import { boundsOfMask } from "./selection-mask.js";

/** What a host needs of a Limpid: an instance of it, or what takes its place in a test. */
export interface Restorer {
  /**
   * Repairs an image.
   *
   * @param image - the image; not changed
   * @param options - how
   * @returns a new image, and how it came about
   */
  restore(image: PixelImage, options?: RestoreOptions): Promise<RestoreResult>;
}

/** What {@link Limpid.restoreOn} takes, how it repairs it, and how it brings it back. */
export interface RestoreOnOptions {
  /** What to take; `"layer"` if left out. */
  readonly target?: CaptureTarget;
  /** How the result comes back; `"replace"` if left out, or `"new-layer"` where the host cannot replace the target. */
  readonly mode?: CommitMode;
  /** What to do if somebody changed or removed the pixels meanwhile; `"new-layer"` if left out. */
  readonly onConflict?: "new-layer" | "refuse";
  /** Names the progress, the undo step and a new layer; `"Restore"` if left out. */
  readonly label?: string;
  /** Experts, strength, tile size and so on. Mask and region come from what is selected in the host. */
  readonly restore?: Omit<RestoreOptions, "mask" | "region" | "signal">;
  /** Whether the host shows what went wrong or had to be left out; true if left out. */
  readonly notify?: boolean;
  /** Gives up when it fires, until the result is being brought back. */
  readonly signal?: AbortSignal;
}

/** What a run on a host did. */
export interface HostRun {
  /** What was taken. */
  readonly capture: Capture;
  /** What was made of it. */
  readonly result: RestoreResult;
  /** How it came back; undefined if there was nothing to repair, so that the document was left alone. */
  readonly commit: Commit | undefined;
}

/**
 * Restores what is active in an editor: takes it, repairs it and brings it back as one step that people can undo. Whatever
 * fails or is cancelled on the way leaves the document as it was. Pixels that somebody changed meanwhile are not overwritten.
 *
 * @throws {@link LimpidError} `Aborted` if the signal fired or the person cancelled; what the capture, the restore and the
 * commit throw
 */
export async function runOnHost(
  limpid: Restorer,
  host: EditorHost,
  options: RestoreOnOptions = {},
): Promise<HostRun> {
  const { label = "Restore", notify = true } = options;
  try {
    throwIfAborted(options.signal);
    const run = await host.withProgress({ title: label }, (progress) => {
      const { signal } = progress;
      const either = options.signal === undefined ? signal : AbortSignal.any([options.signal, signal]);
      return carryOut(limpid, host, { ...options, label, signal: either }, progress);
    });
    if (notify) tell(host, run);
    return run;
  } catch (error) {
    if (notify && !LimpidError.is(error, "Aborted")) {
      host.notify({ text: error instanceof Error ? error.message : String(error), level: "error" });
    }
    throw error;
  }
}

async function carryOut(
  limpid: Restorer,
  host: EditorHost,
  options: RestoreOnOptions & { readonly label: string; readonly signal: AbortSignal },
  progress: { report(update: { fraction: number }): void },
): Promise<HostRun> {
  const { signal, label, target = "layer", onConflict = "new-layer" } = options;
  const mode = options.mode ?? defaultMode(host, target);
  const capture = await host.capture({ target, signal });
  throwIfAborted(signal);
  const result = await limpid.restore(capture.image, {
    ...options.restore,
    ...selectedPart(capture),
    signal,
    onProgress: (step) => {
      progress.report({ fraction: step.fraction });
      return options.restore?.onProgress?.(step);
    },
  });
  throwIfAborted(signal);
  if (result.tiles === 0) return { capture, result, commit: undefined };
  const commit = await host.commit(capture, result.image, { mode, label, onConflict });
  return { capture, result, commit };
}

function defaultMode(host: EditorHost, target: CaptureTarget): CommitMode {
  const modes = host.capabilities.commit[target];
  if (modes.length === 0) {
    throw new LimpidError("NotSupported", `this editor gives no ${target} out`, { details: { target } });
  }
  return modes.includes("replace") ? "replace" : modes[0]!;
}

/** Only the part that is selected is computed. */
function selectedPart({ mask }: Capture): Pick<RestoreOptions, "mask" | "region"> {
  if (mask === undefined) return {};
  const region = boundsOfMask(mask);
  if (region === undefined) throw new LimpidError("NothingSelected", "the selection is empty");
  return { mask, region };
}

function tell(host: EditorHost, { capture, commit }: HostRun): void {
  if (commit === undefined) {
    host.notify({ text: "Nothing to repair was found; the image is unchanged." });
    return;
  }
  if (commit.isConflict) {
    host.notify({ text: "The layer was changed meanwhile; the result is a new layer.", level: "warning" });
  }
  const notes = [...new Set([...capture.notes, ...commit.notes])];
  if (notes.length > 0) host.notify({ text: `Restored: ${notes.join("; ")}.`, level: "warning" });
}
