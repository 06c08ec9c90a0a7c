import { availableParallelism } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { EventEmitter, LimpidError, type WorkerPort } from "../sdk/base/index.js";
import { tileWorkersFor, type TileWorkerFactory } from "../sdk/engine/index.js";
import { packageDirectory } from "./package-directory.js";

/** What {@link nodeTileWorkers} can be told. */
export interface NodeTileWorkerOptions {
  /** The thread's program; the one of this package if left out. */
  readonly file?: URL;
}

/**
 * Threads that restore the tiles of an image side by side in Node, on WebAssembly. While they have nothing to do they do not
 * keep the process alive.
 *
 * @param options - the program
 * @returns the factory; by default half as many threads as the machine has processors, at most four
 *
 * @example
 * ```ts
 * const limpid = await createLimpid({
 *   model: modelFromDirectory(),
 *   backend: "wasm",
 *   tileWorkers: { factory: nodeTileWorkers(), count: 4 },
 * });
 * ```
 */
export function nodeTileWorkers(options: NodeTileWorkerOptions = {}): TileWorkerFactory {
  return {
    defaultCount: tileWorkersFor(availableParallelism()),
    start: () =>
      startThread(options.file ?? pathToFileURL(join(packageDirectory(), "dist", "tile-worker-node.js"))),
  };
}

function startThread(file: URL): WorkerPort {
  const [received, failed] = [new EventEmitter<unknown>(), new EventEmitter<Error>()];
  const worker = new Worker(file, { name: "limpid tiles", argv: [], execArgv: [] });
  worker.on("message", (message) => received.fire(message));
  worker.on("messageerror", (error) => failed.fire(error));
  worker.on("error", (error) => failed.fire(error));
  worker.on("exit", (code) => failed.fire(new LimpidError("WorkerFailed", `the thread ended with ${code}`)));
  worker.unref(); // after the listeners, which would hold it
  return {
    onMessage: received.event,
    onDidFail: failed.event,
    post: (message, transfer) => worker.postMessage(message, transfer),
    dispose() {
      received.dispose();
      failed.dispose();
      void worker.terminate();
    },
  };
}
