import type { Disposable, Event } from "../../base/index.js";

/** A worker that runs Limpid's worker file and waits for tiles. Disposing it ends it at once, whatever it does. */
export interface TileWorker extends Disposable {
  /** Fired with each message from it. */
  readonly onMessage: Event<unknown>;
  /** Fired if it cannot be loaded, or ended without being asked to. */
  readonly onDidFail: Event<Error>;
  /**
   * Sends a message by structured cloning.
   *
   * @param message - what to send
   * @param transfer - buffers whose memory moves instead of being copied
   */
  post(message: unknown, transfer: readonly ArrayBuffer[]): void;
}

/** Starts workers that restore tiles: one for pages, one for Node, or an application's own. */
export interface TileWorkerFactory {
  /** How many workers are worth having here. */
  readonly defaultCount: number;
  /**
   * Starts a worker.
   *
   * @returns the worker, for the caller to dispose
   */
  start(): TileWorker;
}

/** How the tiles of one image are restored side by side on WebAssembly, which computes on one thread. */
export interface TileWorkerOptions {
  /** What starts the workers. */
  readonly factory: TileWorkerFactory;
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
