import { Worker } from "node:worker_threads";
import { jest } from "@jest/globals";
import { nodeTileWorkers } from "../../src/node/index.js";
import type { WorkerPort } from "../../src/sdk/base/index.js";
import type { TileWorkerFactory } from "../../src/sdk/engine/index.js";
import { threadProgram } from "../support/thread-program.js";
import { frameNamer } from "./tile-frames.js";

const file = threadProgram("src/node/tile-worker.ts");

const posts = jest.spyOn(Worker.prototype, "postMessage");

/** Threads of the real program, built from the sources, with what goes to and fro counted. */
export class WatchedThreads implements TileWorkerFactory {
  readonly defaultCount = 2;
  /** What was posted to each of them, and what came from it, by type. */
  readonly traffic: string[][] = [];
  readonly #threads: Worker[] = [];
  readonly #listeners = new Set<(type: string, thread: number) => void>();
  readonly #factory = nodeTileWorkers({ file });

  start(): WorkerPort {
    const index = this.traffic.length;
    const name = frameNamer();
    const note = (message: unknown): void => {
      const type = name(message);
      this.traffic[index]!.push(type);
      for (const listener of [...this.#listeners]) listener(type, index);
    };
    this.traffic.push([]);
    const worker = this.#factory.start();
    worker.onMessage(note);
    return {
      ...worker,
      post: (message, transfer) => {
        worker.post(message, transfer);
        this.#threads[index] = posts.mock.contexts.at(-1) as Worker;
        note(message);
      },
    };
  }

  /** How often a message went to the threads, or came from them. */
  count(type: string): number {
    return this.traffic.flat().filter((other) => other === type).length;
  }

  /** Calls back at each message, after it was posted or before it is received. */
  onMessage(listener: (type: string, thread: number) => void): void {
    this.#listeners.add(listener);
  }

  /** Ends a thread behind the pool's back. */
  kill(thread: number): void {
    void this.#threads[thread]!.terminate();
  }

  /** Resolves when every thread that was started has ended; to be called while they run. */
  async ended(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => new Promise((resolve) => thread.once("exit", resolve))));
  }

  /** Resolves when so many messages of a type have been seen in all. */
  seen(type: string, times: number): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (this.count(type) >= times) resolve();
      };
      this.onMessage(check);
      check();
    });
  }
}
