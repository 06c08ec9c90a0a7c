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

/**
 * Waits for work that cannot be called back, but no longer than the caller wants it. The work itself goes on; its result or
 * error is dropped.
 *
 * @param signal - the caller's signal, if it gave one
 * @throws {@link LimpidError} `Aborted` as soon as the signal fires; its `cause` is the signal's reason
 */
export function untilAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void =>
      reject(new LimpidError("Aborted", "the caller aborted the run", { cause: signal.reason }));
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
