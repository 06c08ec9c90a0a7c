import { LimpidError } from "../../sdk/base/index.js";
import type { CaptureTarget } from "../../sdk/host/index.js";

/**
 * What a caller sees of an editor that does not answer.
 *
 * @param timeout - how long it was waited for, in milliseconds
 */
export function silent(editor: string, timeout: number): LimpidError {
  return new LimpidError("HostFailed", `${editor} has not answered for ${timeout / 1000} s`, {
    details: { reason: "timeout", timeout },
  });
}

/** Whether an error is one of {@link silent}. */
export function isSilence(error: unknown): boolean {
  return LimpidError.is(error, "HostFailed") && error.details.reason === "timeout";
}

/** What a caller sees after the end. */
export function disconnected(editor: string): LimpidError {
  return new LimpidError("Disposed", `the connection to ${editor} was disposed`);
}

/** There is nothing to capture. */
export function nothingSelected(target: CaptureTarget, why: string): LimpidError {
  return new LimpidError("NothingSelected", `there is no ${target} to restore: ${why}`, {
    details: { target },
  });
}
