import { EventEmitter, LimpidError } from "../../../sdk/base/index.js";
import { tileWorkersFor, type TileWorker, type TileWorkerFactory } from "../../../sdk/engine/index.js";

/** The name by which `limpid-worker.js` knows that it is to restore tiles. */
export const tileWorkerName = "limpid tiles";

/**
 * Workers that restore the tiles of an image side by side in a page, on WebAssembly. {@link createWorkerLimpid} has them by
 * itself.
 *
 * @param script - address of `limpid-worker.js` of this package, absolute or relative to the page
 * @returns the factory; by default half as many workers as the machine has processors, at most four
 *
 * @example
 * ```ts
 * const tileWorkers = { factory: pageTileWorkers("/limpid/limpid-worker.js") };
 * const limpid = await createLimpid({ model: "/limpid/models/", wasmPath: "/limpid/wasm/", tileWorkers });
 * ```
 */
export function pageTileWorkers(script: string | URL): TileWorkerFactory {
  const { href } = new URL(script, location.href);
  return {
    defaultCount: tileWorkersFor(navigator.hardwareConcurrency),
    start: () => startWorker(href),
  };
}

function startWorker(url: string): TileWorker {
  const [received, failed] = [new EventEmitter<unknown>(), new EventEmitter<Error>()];
  const worker = new Worker(url, { name: tileWorkerName });
  worker.onmessage = ({ data }) => received.fire(data);
  worker.onmessageerror = () => failed.fire(new LimpidError("WorkerFailed", "it sent what cannot be read"));
  worker.onerror = (event) => {
    event.preventDefault();
    failed.fire(new LimpidError("WorkerFailed", event.message || "its script cannot be loaded here"));
  };
  return {
    onMessage: received.event,
    onDidFail: failed.event,
    post: (message, transfer) => worker.postMessage(message, [...transfer]),
    dispose() {
      received.dispose();
      failed.dispose();
      worker.terminate();
    },
  };
}
