import { LimpidError } from "./error.js";

/**
 * Stops a run whose caller no longer wants it. Long work calls this between its steps.
 *
 * @param signal - the caller's signal, if it gave one
 * @throws {@link LimpidError} `Aborted` if the signal has fired; its `cause` is the signal's reason
 */
export function throwIfAborted(signal?: AbortSignal): void {
  if (signal?.aborted) {
    throw new LimpidError("Aborted", "the caller aborted the run", { cause: signal.reason });
  }
}
