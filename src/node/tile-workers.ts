import { availableParallelism } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { tileWorkersFor, type TileWorkerFactory } from "../sdk/engine/index.js";
import { packageDirectory } from "./package-directory.js";
import { startThread } from "./start-thread.js";

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
      startThread(options.file ?? pathToFileURL(join(packageDirectory(), "dist", "tile-worker-node.js")), {
        ...{ name: "limpid tiles", argv: [], execArgv: [] },
        isBackground: true,
      }),
  };
}
