import { startPageWorker, type WorkerPort } from "../../base/index.js";

/** Starts workers that restore tiles: one for pages, one for Node, or an application's own. */
export interface TileWorkerFactory {
  /** How many workers are worth having here. */
  readonly defaultCount: number;
  /**
   * Starts a worker.
   *
   * @returns the way to it, for the caller to dispose
   */
  start(): WorkerPort;
}

/** How the tiles of one image are restored side by side on WebAssembly, which computes on one thread. */
export interface TileWorkerOptions {
  /**
   * What starts the workers: `nodeTileWorkers()` of `limpid/node`, or an application's own. In a page those of the assets, if left
   * out. One of its own stays on the thread that it is of, and the engine with it.
   */
  readonly factory?: TileWorkerFactory;
  /**
   * Most workers, and so most tiles at once; the factory's `defaultCount` if left out. They are started when an image has as
   * many tiles, and stay. 0 and 1 start none: one worker would only take the place of the thread that there is.
   */
  readonly count?: number;
  /** How long a worker may take to say that it is ready, in milliseconds; 10,000 if left out. */
  readonly startTime?: number;
  /** How long a worker that restores may be silent before it counts as dead, in milliseconds; 60,000 if left out. */
  readonly hangTime?: number;
}

/**
 * How many workers are worth having: half of the processors, which leaves the rest of the machine its share, and at most
 * four, since each has a heap of its own.
 *
 * @param processors - as many as the runtime knows of; undefined if it does not say
 * @returns 1 to 4
 */
export function tileWorkersFor(processors: number | undefined): number {
  return Math.min(4, Math.max(1, Math.floor((processors ?? 1) / 2)));
}

/** The name by which `limpid-worker.js` knows that it is to restore tiles. */
export const tileWorkerName = "limpid tiles";

/**
 * Workers of a page, or of a worker, that restore tiles.
 *
 * @param script - address of `limpid-worker.js`, absolute
 * @returns the factory; by default half as many workers as the machine has processors, at most four
 */
export function pageTileWorkers(script: string): TileWorkerFactory {
  return {
    defaultCount: tileWorkersFor(navigator.hardwareConcurrency),
    start: () => startPageWorker(script, { name: tileWorkerName }),
  };
}
