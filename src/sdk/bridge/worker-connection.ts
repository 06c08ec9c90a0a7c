import {
  EventEmitter,
  toDisposable,
  type Disposable,
  type Event,
  type MessageTarget,
} from "../base/index.js";
import type { BridgePort } from "./bridge-port.js";
import { flowWindow, type FlowFrame } from "./flow-frame.js";

/** What browsers' and Node's `MessagePort` have in common. */
export interface MessagePortLike extends MessageTarget {
  /** Ends the channel. */
  close(): void;
}

/** The page's end of the way to a worker. */
export interface WorkerConnection extends Disposable {
  /** The way to it. */
  readonly port: BridgePort;
  /** Fired if the worker has ended the extension, with the reason. */
  readonly onDidEnd: Event<Error>;
}

/** Credit comes back after so many times the time that a message took: an extension gets a quarter of the thread at most. */
const pause = 3;

/** A message that took less, in milliseconds, is not followed by a pause. */
const shortWork = 0.5;

/**
 * The page's end of the way to a worker that runs `limpid/extension-worker`. The worker sends no more than it has credit
 * for, and gets credit back when what it sent has been dealt with: whatever an extension does, the page is busy with it for a
 * part of its time only, and never for long at a time.
 *
 * @param port - it belongs to the result from here on
 */
export function connectWorker(port: MessagePortLike): WorkerConnection {
  const ended = new EventEmitter<Error>();
  const timers = new Set<ReturnType<typeof setTimeout>>();
  let waiting = 0;
  const send = (frame: FlowFrame, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(frame, [...transfer]);
  const giveBack = (cost: number): void => {
    waiting--;
    send({ kind: "credit", cost });
  };
  const giveBackAfter = (cost: number, time: number): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      giveBack(cost);
    }, time);
    timers.add(timer);
  };
  const close = (): void => {
    port.onmessage = null;
    port.close();
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
  };
  return {
    onDidEnd: ended.event,
    port: {
      postMessage: (message, transfer) => send({ kind: "message", message }, transfer),
      listen(listener, onUnreadable) {
        port.onmessageerror = onUnreadable;
        port.onmessage = ({ data }: MessageEvent<FlowFrame>) => {
          if (data.kind === "ended") {
            ended.fire(new Error(data.reason));
          } else if (data.kind === "message") {
            waiting++;
            if (waiting > flowWindow) {
              ended.fire(new Error("it sends more than it has credit for"));
              return;
            }
            const started = performance.now();
            listener(data.message);
            const taken = performance.now() - started;
            if (taken < shortWork) giveBack(data.cost ?? 1);
            else giveBackAfter(data.cost ?? 1, pause * taken);
          }
        };
      },
      close,
    },
    ...toDisposable(() => {
      ended.dispose();
      close();
    }),
  };
}
