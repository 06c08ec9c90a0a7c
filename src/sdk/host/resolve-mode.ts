import { LimpidError } from "../base/index.js";
import type { HostCapabilities } from "./capabilities.js";
import type { Capture } from "./capture.js";
import type { CommitMode, CommitOptions } from "./commit.js";

/**
 * How a result really comes into the document, now that the host knows whether the captured pixels are still there
 * unchanged: the one place that keeps a conflict from overwriting anything.
 *
 * @param capabilities - of the host
 * @param capture - what the result was made from
 * @param options - what the caller asked for
 * @param isConflict - whether the pixels were changed or removed since the capture
 * @returns the mode to carry out
 * @throws {@link LimpidError} `DocumentChanged` on a conflict if the caller refuses, or if the host cannot add layers
 */
export function resolveCommitMode(
  capabilities: HostCapabilities,
  { target, name, layerId, documentId }: Capture,
  { mode, onConflict }: CommitOptions,
  isConflict: boolean,
): CommitMode {
  if (!isConflict) return mode;
  if (onConflict === "new-layer" && capabilities.commit[target].includes("new-layer")) {
    return mode === "replace" ? "new-layer" : mode;
  }
  throw new LimpidError(
    "DocumentChanged",
    `${JSON.stringify(name)} was changed or removed while it was being restored; the result is not put over it`,
    { details: { documentId, layerId } },
  );
}
