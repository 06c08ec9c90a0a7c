import { toDisposable, type Disposable } from "./disposable.js";
import { LimpidError } from "./error.js";
import { EventEmitter, type Event } from "./event.js";

/**
 * One end of the way to another thread: a worker of a page, a thread of Node, or a port of a test. Messages arrive in the order
 * in which they were posted. Disposing it ends a worker at once, whatever it does.
 */
export interface WorkerPort extends Disposable {
  /** Fired with each message from the other end. */
  readonly onMessage: Event<unknown>;
  /** Fired if the other end cannot be loaded, or ended without being asked to. */
  readonly onDidFail: Event<Error>;
  /**
   * Sends a message by structured cloning.
   *
   * @param message - what to send
   * @param transfer - buffers whose memory moves instead of being copied
   */
  post(message: unknown, transfer: readonly ArrayBuffer[]): void;
}

/** What a worker, its own scope and a `MessagePort` have in common, in browsers and in Node. */
export interface MessageTarget {
  /** Called with each message; setting it starts a `MessagePort`. */
  onmessage: ((event: MessageEvent) => unknown) | null;
  /** Called with a message that cannot be read. */
  onmessageerror: ((event: MessageEvent) => unknown) | null;
  /** Sends a message. */
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
}

/**
 * A port of what a browser or Node has for it.
 *
 * @param target - its handlers belong to the port from here on
 * @param end - ends the target; nothing if left out
 */
export function portOf(target: MessageTarget, end: () => void = () => undefined): WorkerPort {
  const [received, failed] = [new EventEmitter<unknown>(), new EventEmitter<Error>()];
  target.onmessage = ({ data }) => received.fire(data);
  target.onmessageerror = () => failed.fire(new LimpidError("WorkerFailed", "it sent what cannot be read"));
  return {
    onMessage: received.event,
    onDidFail: failed.event,
    post: (message, transfer) => target.postMessage(message, [...transfer]),
    ...toDisposable(() => {
      received.dispose();
      failed.dispose();
      target.onmessage = target.onmessageerror = null;
      end();
    }),
  };
}

/**
 * Starts a worker of a page.
 *
 * @returns the way to it, for the caller to dispose
 */
export function startPageWorker(url: string, options: WorkerOptions): WorkerPort {
  const worker = new Worker(url, options);
  const failed = new EventEmitter<Error>();
  const port = portOf(worker, () => {
    failed.dispose();
    worker.terminate();
  });
  port.onDidFail((error) => failed.fire(error));
  worker.onerror = (event) => {
    event.preventDefault();
    const reason = event.message || "its script cannot be loaded here";
    failed.fire(new LimpidError("WorkerFailed", `the worker died: ${reason}`));
  };
  return { ...port, onDidFail: failed.event };
}
