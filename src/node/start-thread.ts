import { Worker, type WorkerOptions } from "node:worker_threads";
import { EventEmitter, LimpidError, toDisposable, type WorkerPort } from "../sdk/base/index.js";

/**
 * Starts a thread of Node. With `isBackground` the process may end while the thread still runs.
 *
 * @returns the way to it, for the caller to dispose
 */
export function startThread(
  file: URL,
  { isBackground = false, ...options }: WorkerOptions & { readonly isBackground?: boolean },
): WorkerPort {
  const [received, failed] = [new EventEmitter<unknown>(), new EventEmitter<Error>()];
  const worker = new Worker(file, options);
  worker.on("message", (message) => received.fire(message));
  worker.on("messageerror", (error) => failed.fire(error));
  worker.on("error", (error) => failed.fire(error));
  worker.on("exit", (code) => failed.fire(new LimpidError("WorkerFailed", `the thread ended with ${code}`)));
  if (isBackground) worker.unref(); // after the listeners, which would hold it
  return {
    onMessage: received.event,
    onDidFail: failed.event,
    post: (message, transfer) => worker.postMessage(message, transfer),
    ...toDisposable(() => {
      received.dispose();
      failed.dispose();
      void worker.terminate();
    }),
  };
}
